// @ts-check
// The history as a list box: of thousands of rows only those in view are there.

import { chip, el, set } from "./dom.js";
import { ROW } from "./history.js";

const SPARE = 6;

/** @typedef {import("./history.js").History} History */

export class List {
  /**
   * @param {string} name what its parts' ids begin with
   * @param {(at: number, isSecond: boolean) => void} choose
   */
  constructor(name, choose) {
    this.name = name;
    this.choose = choose;
    /** @type {History | undefined} */
    this.history = undefined;
    /** @type {number[] | null} the rows shown, null for all */
    this.only = null;
    this.at = -1;
    this.pinned = -1;
    /** @type {Map<number, HTMLElement>} */
    this.drawn = new Map();
    this.frame = 0;
    this.rows = el("div", { class: "mm-x-rows", role: "none" });
    this.nothing = el("p", { class: "mm-x-nothing mm-dim" });
    this.element = el(
      "div",
      { class: "mm-x-list", role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": "Revisions, newest first" },
      this.rows,
    );
    this.element.addEventListener("scroll", () => this.soon(), { passive: true });
    this.resized = new ResizeObserver(() => this.soon());
    this.resized.observe(this.element);
  }

  /** @param {History} history */
  show(history) {
    this.history = history;
    this.only = null;
    this.element.style.setProperty("--mm-x-id", `${history.idLength}ch`);
    this.clear();
    this.update();
  }

  /** @param {number[] | null} only */
  filter(only) {
    this.only = only;
    this.clear();
    this.nothing.textContent = only && !only.length ? "No revision fits." : "";
    this.element.scrollTop = 0;
    this.update();
    if (this.at >= 0) this.reveal();
  }

  get count() {
    return this.only ? this.only.length : (this.history?.length ?? 0);
  }

  /** @param {number} place */
  rowAt(place) {
    return this.only ? this.only[place] : place;
  }

  get place() {
    return this.only ? this.only.indexOf(this.at) : this.at;
  }

  /** @param {number} at @param {number} pinned */
  mark(at, pinned) {
    this.at = at;
    this.pinned = pinned;
    this.reveal();
    this.update();
    for (const [row, element] of this.drawn) this.look(row, element);
    const isThere = this.drawn.has(at);
    set(this.element, { "aria-activedescendant": isThere ? `${this.name}-${at}` : null });
  }

  /** @param {number} row @param {HTMLElement} element */
  look(row, element) {
    const isChosen = row === this.at || row === this.pinned;
    set(element, { "aria-selected": isChosen ? "true" : "false" });
    element.classList.toggle("mm-x-at", row === this.at);
    element.classList.toggle("mm-x-pin", row === this.pinned);
  }

  reveal() {
    const place = this.place;
    if (place < 0) return;
    const { scrollTop, clientHeight } = this.element;
    const top = place * ROW;
    if (top < scrollTop) this.element.scrollTop = Math.max(0, top - ROW);
    else if (top + ROW > scrollTop + clientHeight) this.element.scrollTop = top + 2 * ROW - clientHeight;
  }

  clear() {
    this.drawn.clear();
    this.rows.replaceChildren(this.nothing);
  }

  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  update() {
    const height = this.element.clientHeight || 12 * ROW;
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - SPARE);
    const last = Math.min(this.count, Math.ceil((this.element.scrollTop + height) / ROW) + SPARE);
    this.rows.style.height = `${this.count * ROW}px`;
    const wanted = new Set();
    for (let place = first; place < last; place += 1) wanted.add(this.rowAt(place));
    for (const [row, element] of this.drawn) {
      if (!wanted.has(row)) {
        element.remove();
        this.drawn.delete(row);
      }
    }
    for (let place = first; place < last; place += 1) {
      const row = this.rowAt(place);
      if (!this.drawn.has(row)) {
        const element = this.element_of(row, place);
        this.drawn.set(row, element);
        this.rows.append(element);
      }
    }
  }

  /**
   * @param {number} at
   * @param {number} place
   */
  element_of(at, place) {
    const history = /** @type {History} */ (this.history);
    const row = history.row(at);
    const words = [
      ...(row.current ? [chip("current", "here")] : []),
      ...(row.head ? [chip("head")] : []),
      ...(row.merge ? [chip("merge")] : []),
      ...(row.broken ? [chip("! broken file", "drop")] : []),
      ...row.labels.map((label) => chip(label)),
    ];
    const state = !history.known ? "" : row.current ? "current" : row.applied ? "applied" : "pending";
    const element = el(
      "div",
      {
        role: "option",
        id: `${this.name}-${at}`,
        class: `mm-x-row${state === "pending" ? " mm-x-waits" : ""}`,
        "aria-setsize": this.count,
        "aria-posinset": place + 1,
        "aria-label": [row.id, row.message, state, row.head ? "head" : "", row.merge ? "merge" : "", ...row.labels, row.day]
          .filter(Boolean)
          .join(", "),
        title: row.message,
      },
      history.picture(at, this.only !== null),
      el("code", {}, row.id),
      el("span", { class: "mm-x-message" }, row.message),
      el("span", { class: "mm-x-chips" }, ...words),
      el("span", { class: "mm-x-day" }, row.day),
    );
    element.style.top = `${place * ROW}px`;
    element.addEventListener("click", (click) => this.choose(at, click.shiftKey || click.ctrlKey || click.metaKey));
    this.look(at, element);
    return element;
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
  }
}
