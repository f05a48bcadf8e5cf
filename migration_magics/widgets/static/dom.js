// @ts-check
// Elements made of names and texts: whatever a text holds, it stays text.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * Set attributes: true stands for an empty one; null, undefined and false for none.
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(key);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = /** @type {SVGElementTagNameMap[T]} */ (document.createElementNS(SVG, tag));
  set(made, attributes);
  made.append(...children);
  return made;
}

/**
 * A button with a picture that says its name to readers of screens and under the mouse.
 * @param {string} label
 * @param {string} path what is drawn in a square of 16
 * @returns {HTMLButtonElement}
 */
export function iconButton(label, path) {
  const picture = svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
  picture.append(svg("path", { d: path, fill: "currentColor" }));
  return el("button", { type: "button", class: "mm-x-icon", "aria-label": label, title: label }, picture);
}

/**
 * A word in its frame, in brackets where styles are gone: as results have it.
 * @param {string} text
 * @param {string} [tone]
 */
export function chip(text, tone = "") {
  return el("span", { class: `mm-chip${tone ? ` mm-${tone}` : ""}` }, el("span", {}, "("), text, el("span", {}, ")"));
}

/**
 * Put in what the package's own display has drawn. No other HTML ever gets here.
 * @param {Element} element
 * @param {string} html
 */
export function draw(element, html) {
  element.innerHTML = html;
}

/** Motion is welcome. */
export function moves() {
  return !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
