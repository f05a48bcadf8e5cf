// @ts-check
// What is known of the revision chosen, or of what lies between two of them.

import { chip, draw, el } from "./dom.js";
import { Tabs } from "./tabs.js";

/** @typedef {import("./history.js").Row} Row */

export class Panel {
  /**
   * @param {string} name what its parts' ids begin with
   * @param {() => void} compare is called by its button
   */
  constructor(name, compare) {
    this.tabs = new Tabs(name);
    this.head = el("div", { class: "mm-x-head" });
    this.above = el("div", { class: "mm-x-above" });
    this.button = el("button", { type: "button", class: "mm-x-compare", "aria-pressed": "false" }, "Compare with…");
    this.button.addEventListener("click", compare);
    this.element = el("section", { class: "mm-x-panel", "aria-label": "Revision" }, this.head, this.above, this.tabs.bar, this.tabs.page);
  }

  /**
   * Show at once what needs no kernel.
   * @param {Row} row
   * @param {boolean} isKnown whether it is known what is applied
   * @param {boolean} isPinned
   */
  begin(row, isKnown, isPinned) {
    const words = [];
    if (isKnown) words.push(row.current ? chip("current", "here") : chip(row.applied ? "applied" : "pending"));
    if (row.head) words.push(chip("head"));
    if (row.merge) words.push(chip("merge"));
    words.push(...row.labels.map((label) => chip(label)));
    this.title(el("b", { class: "mm-title" }, row.message || row.id), [
      el("code", {}, row.id),
      ...words,
    ]);
    this.button.textContent = isPinned ? "Choose the other revision…" : "Compare with…";
    this.button.setAttribute("aria-pressed", String(isPinned));
    this.element.setAttribute("aria-busy", "true");
  }

  /** @param {Row} before @param {Row} after */
  beginComparing(before, after) {
    this.title(el("b", { class: "mm-title" }, "From ", el("code", {}, before.id), " to ", el("code", {}, after.id)), [
      el("span", { class: "mm-note" }, `${before.message} → ${after.message}`),
    ]);
    this.button.textContent = "Stop comparing";
    this.button.setAttribute("aria-pressed", "true");
    this.element.setAttribute("aria-busy", "true");
  }

  /** @param {string} said */
  empty(said) {
    this.head.replaceChildren(el("p", { class: "mm-dim" }, said));
    this.end("", []);
  }

  /** @param {HTMLElement} title @param {HTMLElement[]} notes */
  title(title, notes) {
    const line = el("p", { class: "mm-head mm-x-notes" });
    notes.forEach((note) => line.append(note, " "));
    this.head.replaceChildren(el("div", { class: "mm-x-title" }, title, this.button), line);
  }

  /** @param {string} above @param {[string, string][]} pages */
  end(above, pages) {
    draw(this.above, above);
    this.tabs.show(pages);
    this.element.setAttribute("aria-busy", "false");
  }
}
