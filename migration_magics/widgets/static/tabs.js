// @ts-check
// Pages behind tabs: arrow keys choose, and the page chosen stays so from one revision to the next.

import { draw, el, set } from "./dom.js";

export class Tabs {
  /** @param {string} name what its parts' ids begin with */
  constructor(name) {
    this.name = name;
    this.chosen = 0;
    /** @type {[string, string][]} */
    this.pages = [];
    this.bar = el("div", { class: "mm-x-tabs", role: "tablist", "aria-label": "About the revision" });
    this.page = el("div", { class: "mm-x-page", role: "tabpanel", id: `${name}-page`, tabindex: 0 });
    this.bar.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {[string, string][]} pages names, and what is on them as the package's display drew it */
  show(pages) {
    this.pages = pages;
    const hadFocus = this.bar.contains(this.bar.ownerDocument.activeElement);
    this.bar.replaceChildren(
      ...pages.map(([name], number) => {
        const tab = el("button", { type: "button", role: "tab", id: `${this.name}-tab-${number}`, "aria-controls": `${this.name}-page` }, name);
        tab.addEventListener("click", () => this.choose(number));
        return tab;
      }),
    );
    this.bar.hidden = pages.length < 2;
    this.choose(Math.min(this.chosen, pages.length - 1), pages.length > 1);
    if (hadFocus) this.tab(this.chosen)?.focus();
  }

  /** @param {number} number */
  tab(number) {
    return /** @type {HTMLElement | undefined} */ (this.bar.children[number]);
  }

  /** @param {number} number @param {boolean} [isKept] */
  choose(number, isKept = true) {
    if (isKept) this.chosen = number;
    [...this.bar.children].forEach((tab, place) => {
      set(tab, { "aria-selected": place === number ? "true" : "false", tabindex: place === number ? 0 : -1 });
    });
    draw(this.page, this.pages[number]?.[1] ?? "");
    set(this.page, { "aria-labelledby": this.pages.length > 1 ? `${this.name}-tab-${number}` : null });
    this.page.scrollTop = 0;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const last = this.pages.length - 1;
    const places = { ArrowLeft: this.chosen - 1, ArrowRight: this.chosen + 1, Home: 0, End: last };
    const place = places[/** @type {keyof typeof places} */ (event.key)];
    if (place === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose((place + last + 1) % (last + 1));
    this.tab(this.chosen)?.focus();
  }
}
