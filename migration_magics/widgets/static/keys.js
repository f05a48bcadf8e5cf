// @ts-check
// Keeps a form's keys from JupyterLab, whose arrow keys and single letters would move and change cells instead.

export default {
  /** @type {import("@anywidget/types").Render} */
  render({ el: place }) {
    place.style.display = "none";
    let isGone = false;
    /** @type {Element | null} */
    let form = null;
    // A shortcut is for the element that has the focus: there, and not further up, it is looked for.
    /** @param {Event} event */
    const mark = (event) => {
      if (event.target instanceof Element) event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    };
    const begin = () => {
      form = place.closest(".mm-form");
      if (form) form.addEventListener("focusin", mark);
      else if (!isGone) requestAnimationFrame(begin); // not in the document yet
    };
    begin();
    return () => {
      isGone = true;
      form?.removeEventListener("focusin", mark);
    };
  },
};
