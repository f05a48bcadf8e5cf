// @ts-check
// The history to look around in: list, panel, time, schema; each asks the kernel for what it shows.

import { channel } from "./channel.js";
import { draw, el, iconButton, set } from "./dom.js";
import { History } from "./history.js";
import { List } from "./list.js";
import { Panel } from "./panel.js";
import { Slider } from "./slider.js";
import { Stage } from "./stage.js";

const SETTLED_MS = 60;
const MOST_KEPT = 60;
const REFRESH = "M13 3v4H9l1.6-1.6A4 4 0 1 0 12 9h1.7A5.7 5.7 0 1 1 11.8 4.2z";

/** @typedef {import("./channel.js").Answer} Answer */
/** @typedef {import("@anywidget/types").AnyModel} Model */

let number = 0;

class Explorer {
  /** @param {Model} model @param {HTMLElement} root */
  constructor(model, root) {
    number += 1;
    const name = `mm-x-${number}`;
    this.model = model;
    this.root = root;
    this.history = new History(model.get("history"));
    /** @type {number} the row chosen, -1 for base */
    this.at = -1;
    this.pinned = -1;
    /** @type {number[]} the rows in the order in which they run, oldest first */
    this.order = [];
    /** @type {Map<number, number>} */
    this.steps = new Map();
    this.hasPast = false;
    /** @type {Map<string, Answer>} */
    this.kept = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.finding = undefined;
    /** @type {HTMLElement | undefined} */
    this.progress = undefined;

    this.list = new List(name, (at, isSecond) => this.choose(at, { isSecond }));
    this.panel = new Panel(name, () => this.pin());
    this.slider = new Slider((step) => this.go(step), (error) => this.failed(error));
    this.stage = new Stage(() => this.schema().catch((error) => this.failed(error)));
    this.search = el("input", {
      type: "search",
      placeholder: "Search, or table:name, column:table.name",
      "aria-label": "Search revisions by text, table:name or column:name",
      list: `${name}-names`,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.names = el("datalist", { id: `${name}-names` });
    this.found = el("span", { class: "mm-x-found mm-dim", role: "status" });
    this.again = iconButton("Look again", REFRESH);
    this.title = el("b", { class: "mm-title" });
    this.notes = el("span", { class: "mm-note" });
    this.waits = el("p", { class: "mm-x-waiting mm-dim", role: "status" });
    this.alert = el("div", { class: "mm-x-alert", role: "alert" });
    this.news = el("p", { class: "mm-x-news", role: "status" });
    const top = el("div", { class: "mm-x-top" }, this.title, this.notes, el("span", { class: "mm-x-search" }, this.search, this.found), this.names, this.again);
    const main = el("div", { class: "mm-x-main" }, this.list.element, this.panel.element);
    set(root, { role: "region", "aria-label": "Explore the history" });
    // JupyterLab takes keys before they get to what has the focus, unless that says not to
    root.addEventListener("focusin", (event) => {
      if (event.target instanceof Element) set(event.target, { "data-lm-suppress-shortcuts": "true" });
    });
    root.append(top, this.alert, this.news, this.waits, main, this.slider.element, this.stage.element);
    this.channel = channel(model, (said) => (this.waits.textContent = said), (told) => this.heard(told));
    this.changed = () => this.guard(() => this.reload());
    this.listen();
  }

  listen() {
    const guarded = /** @param {() => void} work */ (work) => () => this.guard(work);
    this.model.on("change:history", this.changed);
    this.search.addEventListener("input", guarded(() => this.find()));
    this.search.addEventListener("keydown", (event) => this.guard(() => this.searchKey(event)));
    this.again.addEventListener("click", guarded(() => this.lookAgain()));
    this.list.element.addEventListener("keydown", (event) => this.guard(() => this.listKey(event)));
    this.root.addEventListener("keydown", (event) => this.guard(() => this.key(event)));
  }

  /** @param {() => void} work */
  guard(work) {
    try {
      work();
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {unknown} error */
  failed(error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.complain(el("p", {}, el("b", {}, "This should not have happened. "), said));
  }

  /** @param {Node} said */
  complain(said) {
    const close = el("button", { type: "button" }, "Close");
    close.addEventListener("click", () => this.alert.replaceChildren());
    this.alert.replaceChildren(said, close);
  }

  /**
   * @param {string} slot
   * @param {Record<string, unknown>} question
   * @returns {Promise<Answer | null>} null where it is of no interest any more, or was an error that is shown
   */
  async ask(slot, question) {
    const key = JSON.stringify(question);
    const known = this.kept.get(key);
    if (known) return known;
    const answer = await this.channel.ask(slot, question);
    if (!answer) return null;
    if (answer.error) {
      const said = el("div");
      draw(said, answer.error);
      this.complain(said);
      return null;
    }
    if (answer.keep) {
      this.kept.set(key, answer);
      if (this.kept.size > MOST_KEPT) this.kept.delete(/** @type {string} */ (this.kept.keys().next().value));
    }
    return answer;
  }

  start() {
    this.show();
    const current = this.history.known ? this.order.filter((row) => this.history.row(row).current).pop() : undefined;
    const first = this.model.get("at");
    this.choose(first >= 0 && first < this.history.length ? first : (current ?? 0), { isNow: true });
    this.past(false).catch((error) => this.failed(error));
  }

  /** The history is another one now: keep what is chosen, if it is still there. */
  reload() {
    const chosen = this.at >= 0 ? this.history.ids[this.at] : "";
    this.history = new History(this.model.get("history"));
    this.kept.clear();
    this.at = -1;
    this.pinned = -1;
    this.hasPast = false;
    this.news.replaceChildren();
    this.show();
    this.find();
    const at = this.history.ids.indexOf(chosen);
    this.choose(at >= 0 ? at : 0, { isNow: true });
    this.past(false).catch((error) => this.failed(error));
  }

  show() {
    this.title.textContent = this.history.title;
    this.notes.textContent = this.history.notes.join(" · ");
    this.list.show(this.history);
    this.inOrder([...this.history.ids.keys()].reverse());
    if (!this.history.length) {
      this.panel.empty("No revisions yet.");
      this.stage.tell(el("p", { class: "mm-dim" }, "No revisions yet."));
    }
  }

  /** @param {number[]} order */
  inOrder(order) {
    this.order = order;
    this.steps = new Map(order.map((row, place) => [row, place + 1]));
    this.slider.offer(order.length, (step) => this.history.row(order[step - 1]).applied);
  }

  // -- the revision chosen

  /** @param {number} at @param {{isSecond?: boolean, isNow?: boolean, isPlay?: boolean}} [how] */
  choose(at, how = {}) {
    if (at < 0 || at >= this.history.length) return;
    if (how.isSecond && this.pinned < 0 && this.at >= 0) this.pinned = this.at;
    if (!how.isPlay) this.slider.pause();
    this.at = at;
    this.mark();
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.about().catch((error) => this.failed(error));
        if (!how.isPlay) this.schema().catch((error) => this.failed(error));
      },
      how.isNow ? 0 : SETTLED_MS,
    );
  }

  mark() {
    this.list.mark(this.at, this.pinned);
    const step = this.at < 0 ? 0 : (this.steps.get(this.at) ?? -1);
    if (this.at < 0) {
      this.panel.empty("Base: before the first revision.");
      this.slider.show(0, `base, before ${this.order.length.toLocaleString()} revisions`, "base");
      return;
    }
    const row = this.history.row(this.at);
    if (this.isComparing) {
      const [before, after] = this.pair();
      this.panel.beginComparing(this.history.row(before), this.history.row(after));
    } else this.panel.begin(row, this.history.known, this.pinned >= 0);
    const place = step < 0 ? "not replayed" : `${step.toLocaleString()} of ${this.order.length.toLocaleString()}`;
    this.slider.show(Math.max(0, step), `${row.id} · ${place}`, `${place}: ${row.id} ${row.message}`);
  }

  get isComparing() {
    return this.pinned >= 0 && this.at >= 0 && this.pinned !== this.at;
  }

  /** The older of the two first: it stands further down. */
  pair() {
    return [Math.max(this.at, this.pinned), Math.min(this.at, this.pinned)];
  }

  pin() {
    this.pinned = this.pinned >= 0 ? -1 : this.at;
    this.choose(this.at, { isNow: true });
    this.list.element.focus();
  }

  async about() {
    if (this.at < 0) return;
    if (this.isComparing) {
      const [before, after] = this.pair();
      const answer = await this.ask("about", { kind: "compare", before, after });
      if (answer) this.panel.end("", [["Difference", answer.html]]);
      return;
    }
    const answer = await this.ask("about", { kind: "show", at: this.at });
    if (answer) this.panel.end(answer.above, answer.pages);
  }

  // -- the schema through time

  /** @param {boolean} isAskedFor */
  async past(isAskedFor) {
    if (!this.history.length) return;
    const answer = await this.ask("past", { kind: "past", asked: isAskedFor });
    if (!answer) return;
    if (answer.problem) {
      const said = el("div");
      draw(said, answer.problem);
      this.stage.tell(said);
      return;
    }
    if (!answer.order) {
      const button = el("button", { type: "button" }, `Replay ${this.history.length.toLocaleString()} revisions`);
      button.addEventListener("click", () => this.replay());
      this.stage.tell(el("p", {}, "The schema through time is known once the history has been replayed on a scratch copy. "), button);
      return;
    }
    this.hasPast = true;
    this.inOrder(answer.order);
    this.names.replaceChildren(...answer.names.map(/** @param {string} each */ (each) => el("option", { value: `table:${each}` })));
    this.mark();
    await Promise.all([this.schema(), answer.isNew ? this.about() : null]);
  }

  replay() {
    const stop = el("button", { type: "button" }, "Stop");
    const said = el("span", { role: "status" }, "Replaying… ");
    this.progress = said;
    stop.addEventListener("click", () => this.guard(() => this.model.send({ kind: "stop" })));
    this.stage.tell(said, stop);
    this.kept.clear();
    this.past(true)
      .then(() => (this.hasPast ? null : this.past(false)))
      .catch((error) => this.failed(error));
  }

  /** @param {Answer} told */
  heard(told) {
    if (told.what === "progress" && this.progress) {
      this.progress.textContent = `Replaying: ${told.done.toLocaleString()} of ${told.total.toLocaleString()} revisions. `;
    }
    if (told.what === "old" && !this.news.childNodes.length) {
      const look = el("button", { type: "button" }, "Show the new state");
      look.addEventListener("click", () => this.guard(() => this.lookAgain()));
      this.news.append("The revisions or the database have changed since. ", look);
    }
    if (told.what === "error") {
      const said = el("div");
      draw(said, told.error);
      this.complain(said);
    }
  }

  /** @param {number} step */
  async go(step) {
    if (step > 0) {
      this.choose(this.order[step - 1], { isPlay: true });
      await this.schema();
      return;
    }
    this.at = -1;
    this.pinned = -1;
    clearTimeout(this.timer);
    this.mark();
    await this.schema();
  }

  async schema() {
    if (!this.hasPast) return;
    const step = this.at < 0 ? 0 : this.steps.get(this.at);
    if (step === undefined) {
      this.stage.tell(el("p", { class: "mm-dim" }, "This revision could not be replayed, so its schema is not known."));
      return;
    }
    if (this.stage.isWords) {
      const words = await this.ask("schema", { kind: "words", step });
      if (words) this.stage.showWords(words.html);
      return;
    }
    const answer = await this.ask("schema", { kind: "scene", step });
    if (answer) this.stage.show(answer.scene);
  }

  lookAgain() {
    set(this.again, { disabled: true });
    this.ask("look", { kind: "look" })
      .then((answer) => answer && this.news.replaceChildren())
      .catch((error) => this.failed(error))
      .finally(() => set(this.again, { disabled: false }));
  }

  // -- finding

  find() {
    const text = this.search.value.trim();
    if (!text) {
      this.found.textContent = "";
      this.list.filter(null);
      return;
    }
    if (/^(table|column):/i.test(text)) {
      this.found.textContent = "";
      clearTimeout(this.finding);
      this.finding = setTimeout(() => this.findObject(text).catch((error) => this.failed(error)), 250);
      return;
    }
    this.fit(this.history.find(text));
  }

  /** @param {string} text */
  async findObject(text) {
    const target = text.replace(/^\w+:\s*/, "").trim();
    if (!target) return;
    const answer = await this.ask("find", { kind: "find", target });
    if (!answer || this.search.value.trim() !== text) return;
    if (answer.said) {
      this.found.textContent = answer.said;
      this.list.filter([]);
    } else this.fit(answer.rows);
  }

  /** @param {number[]} rows */
  fit(rows) {
    this.found.textContent = `${rows.length.toLocaleString()} of ${this.history.length.toLocaleString()}`;
    this.list.filter(rows);
  }

  // -- keys

  /** @param {KeyboardEvent} event */
  key(event) {
    const isText = event.target instanceof HTMLInputElement && event.target.type !== "range";
    if (event.key === "/" && !isText) {
      event.preventDefault();
      this.search.focus();
      this.search.select();
    } else if (event.key === "Escape" && !isText) {
      if (this.pinned >= 0) this.pin();
      this.alert.replaceChildren();
    } else if (!isText || event.key === "Escape") return;
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    event.stopPropagation(); // the notebook has keys of its own
    if (event.key === "Escape") {
      this.search.value = "";
      this.find();
      this.list.element.focus();
    } else if ((event.key === "Enter" || event.key === "ArrowDown") && this.list.count) {
      if (event.key === "ArrowDown" && this.search.value.includes(":")) return; // the names offered
      if (this.list.place < 0) this.choose(this.list.rowAt(0));
      this.list.element.focus();
    } else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  listKey(event) {
    const page = Math.max(1, Math.floor(this.list.element.clientHeight / 30) - 1);
    const place = this.list.place;
    const last = this.list.count - 1;
    const places = { ArrowUp: place - 1, ArrowDown: place + 1, PageUp: place - page, PageDown: place + page, Home: 0, End: last };
    const wanted = places[/** @type {keyof typeof places} */ (event.key)];
    if (wanted !== undefined && last >= 0) {
      const next = Math.min(last, Math.max(0, wanted));
      this.choose(this.list.rowAt(next), { isSecond: event.shiftKey });
    } else if (event.key === "Enter" && event.shiftKey) this.pin();
    else if (event.key === "Enter") (this.panel.tabs.tab(this.panel.tabs.chosen) ?? this.panel.tabs.page).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.finding);
    this.model.off("change:history", this.changed);
    this.channel.close();
    this.slider.close();
    this.stage.close();
    this.list.close();
  }
}

/** @type {import("@anywidget/types").Render} */
function render({ model, el: place }) {
  const root = el("div", { class: "mm mm-x" });
  place.append(root);
  try {
    const explorer = new Explorer(model, root);
    explorer.start();
    return () => explorer.close();
  } catch (error) {
    root.append(el("p", { role: "alert" }, String(error)));
    return undefined;
  }
}

export default { render };
