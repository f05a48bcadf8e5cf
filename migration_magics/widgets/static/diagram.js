// @ts-check
// Tables and foreign keys at a moment. From one moment to the next only what differs is drawn anew.

import { el, iconButton, moves, svg } from "./dom.js";

const TITLE_Y = 16;
const RULE_Y = 24;
const PAD = 9;
const LEAST_ZOOM = 0.3;
const LEAST_HIGH = 150;
const MOST_HIGH = 400;

/** @typedef {[string, string, string[], string, string]} Line name, type, keys, sign, NOT NULL */
/** @typedef {[string, number, number, number, number, string, string, number, number, number, Line[], string]} Box */
/** @typedef {[string, string, string, string, boolean]} Edge */

/**
 * @typedef {object} Scene
 * @property {number} width
 * @property {number} height
 * @property {Box[]} boxes
 * @property {Edge[]} edges
 * @property {number} first
 * @property {number} step
 * @property {string} said
 */

/** @type {Record<string, string>} */
const TONES = { "+": "add", "-": "drop", "~": "alter" };

export class Diagram {
  constructor() {
    this.edges = svg("g");
    this.boxes = svg("g");
    this.title = svg("title");
    this.picture = svg("svg", { class: "mm-er mm-x-er", role: "img", fill: "none", stroke: "currentColor", "font-size": 11 });
    this.picture.append(this.title, this.edges, this.boxes);
    this.nothing = el("p", { class: "mm-x-nothing mm-dim" });
    this.view = el("div", { class: "mm-x-view", tabindex: 0, role: "group", "aria-label": "Diagram of the schema" }, this.picture, this.nothing);
    this.smaller = iconButton("Smaller", "M3 7h10v2H3z");
    this.larger = iconButton("Larger", "M7 3h2v4h4v2H9v4H7V9H3V7h4z");
    this.fit = el("button", { type: "button", "aria-pressed": "true" }, "Fit");
    this.tools = el("span", { class: "mm-x-tools" }, this.smaller, this.larger, this.fit);
    /** @type {number | null} null: as fits */
    this.zoom = null;
    /** @type {Scene | undefined} */
    this.scene = undefined;
    /** @type {Map<string, {text: string, element: SVGGElement}>} */
    this.known = new Map();
    this.smaller.addEventListener("click", () => this.scale(this.factor / 1.25));
    this.larger.addEventListener("click", () => this.scale(this.factor * 1.25));
    this.fit.addEventListener("click", () => this.scale(null));
    this.resized = new ResizeObserver(() => this.size());
    this.resized.observe(this.view);
  }

  get factor() {
    if (this.zoom !== null) return this.zoom;
    const scene = this.scene;
    if (!scene || !this.view.clientWidth) return 1;
    const wide = (this.view.clientWidth - 4) / scene.width;
    return Math.min(1, Math.max(LEAST_ZOOM, Math.min(wide, Math.max(MOST_HIGH / scene.height, 0.75))));
  }

  /** @param {number | null} zoom */
  scale(zoom) {
    this.zoom = zoom === null ? null : Math.min(2.5, Math.max(0.1, zoom));
    this.fit.setAttribute("aria-pressed", String(zoom === null));
    this.size();
    this.reveal();
  }

  size() {
    if (!this.scene) return;
    this.view.style.height = `${Math.min(MOST_HIGH, Math.max(LEAST_HIGH, Math.round(this.scene.height * this.factor) + 4))}px`;
    this.picture.style.width = `${Math.round(this.scene.width * this.factor)}px`;
    this.picture.style.height = `${Math.round(this.scene.height * this.factor)}px`;
  }

  /** @param {Scene} scene */
  show(scene) {
    const isFirst = !this.scene;
    this.scene = scene;
    this.picture.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
    this.title.textContent = `Diagram: ${scene.said}`;
    this.nothing.textContent = scene.boxes.length ? "" : "No table yet.";
    const gone = new Set(this.known.keys());
    for (const box of scene.boxes) {
      gone.delete(box[0]);
      this.update(box, scene, isFirst);
    }
    for (const key of gone) {
      this.known.get(key)?.element.remove();
      this.known.delete(key);
    }
    this.edges.replaceChildren(...scene.edges.flatMap(edge));
    this.size();
    this.reveal();
  }

  /** @param {Box} box @param {Scene} scene @param {boolean} isFirst */
  update(box, scene, isFirst) {
    const [key] = box;
    const text = JSON.stringify(box);
    const known = this.known.get(key);
    if (known?.text === text) return;
    const element = drawn(box, scene);
    if (known) known.element.replaceWith(element);
    else {
      this.boxes.append(element);
      if (!isFirst && moves()) element.classList.add("mm-x-new");
    }
    this.known.set(key, { text, element });
  }

  /** Bring what changed into view. */
  reveal() {
    const changed = this.scene?.boxes.filter((box) => box[6]) ?? [];
    if (!changed.length) return;
    const factor = this.factor;
    const left = Math.min(...changed.map((box) => box[1])) * factor;
    const top = Math.min(...changed.map((box) => box[2])) * factor;
    const right = Math.max(...changed.map((box) => box[1] + box[3])) * factor;
    const bottom = Math.max(...changed.map((box) => box[2] + box[4])) * factor;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.view;
    const isIn = left >= scrollLeft && right <= scrollLeft + clientWidth && top >= scrollTop && bottom <= scrollTop + clientHeight;
    if (isIn) return;
    this.view.scrollTo({
      left: Math.max(0, left - Math.max(20, (clientWidth - (right - left)) / 2)),
      top: Math.max(0, top - Math.max(20, (clientHeight - (bottom - top)) / 2)),
      behavior: moves() ? "smooth" : "auto",
    });
  }

  close() {
    this.resized.disconnect();
  }
}

/**
 * @param {Box} box
 * @param {Scene} scene
 */
function drawn(box, scene) {
  const [, x, y, width, height, title, mark, nameX, typeX, keysX, lines, more] = box;
  const group = svg("g", { class: `mm-box${mark ? ` mm-${mark}` : ""}`, transform: `translate(${x} ${y})` });
  group.append(
    svg("rect", { width, height, rx: 5 }),
    svg("path", { class: "mm-rule", d: `M0 ${RULE_Y}h${width}` }),
    svg("text", { class: "mm-name", x: PAD, y: TITLE_Y, fill: "currentColor", "font-size": 12, "font-weight": 600 }, title),
  );
  lines.forEach((line, number) => {
    const [name, type, keys, sign, notNull] = line;
    const at = scene.first + number * scene.step;
    const tone = TONES[sign];
    const row = svg("g", { class: `mm-line${tone ? ` mm-${tone}` : ""}`, fill: "currentColor" });
    if (tone) {
      row.append(svg("rect", { class: "mm-x-tint", x: 1, y: at - scene.step + 5, width: width - 2, height: scene.step }));
      row.append(svg("text", { x: PAD, y: at }, sign));
    }
    keys.forEach((key, place) => {
      row.append(svg("text", { class: "mm-key", x: keysX + place * 17, y: at, "font-size": 9 }, key));
    });
    row.append(svg("text", { x: nameX, y: at }, name));
    row.append(svg("text", { class: "mm-type", x: typeX, y: at, "text-anchor": "end" }, type));
    if (notNull) {
      row.append(svg("text", { class: "mm-type", x: width - PAD, y: at, "text-anchor": "end", "font-size": 9 }, notNull));
    }
    group.append(row);
  });
  if (more) {
    const at = scene.first + lines.length * scene.step;
    group.append(svg("text", { class: "mm-type", x: PAD, y: at, fill: "currentColor" }, more));
  }
  return group;
}

/** @param {Edge} one */
function edge([, line, ends, mark, isDashed]) {
  const look = `mm-edge${mark ? ` mm-${mark}` : ""}`;
  return [
    svg("path", { class: look, d: line, "stroke-dasharray": isDashed ? "4 3" : null }),
    svg("path", { class: look, d: ends }),
  ];
}
