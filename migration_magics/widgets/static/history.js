// @ts-check
// The compact history, unpacked: a row per revision, newest first, and the drawing of its lanes.

import { svg } from "./dom.js";

const LANE = 15;
const FIRST = 12;
const MIDDLE = 15;
const MOST_LANES = 12;
export const ROW = 30;

/** @typedef {{from: number, to: number, dashed: boolean, stub: boolean}} Link */

/**
 * @typedef {object} Packed
 * @property {string} title
 * @property {string[]} notes
 * @property {string} ids one a line, as the others
 * @property {string} messages
 * @property {string} days
 * @property {string} flags a character each, base 32
 * @property {string} lanes
 * @property {Record<string, string[]>} labels
 * @property {boolean} known
 */

/**
 * @typedef {object} Row
 * @property {number} at
 * @property {string} id
 * @property {string} message
 * @property {string} day
 * @property {string[]} labels
 * @property {boolean} applied
 * @property {boolean} current
 * @property {boolean} head
 * @property {boolean} merge
 * @property {boolean} broken
 */

/** @param {string} text */
const lines = (text) => (text ? text.split("\n") : []);

export class History {
  /** @param {Packed} packed */
  constructor(packed) {
    this.title = packed.title;
    this.notes = packed.notes;
    this.known = packed.known;
    this.ids = lines(packed.ids);
    this.messages = packed.messages.split("\n");
    this.days = packed.days.split("\n");
    this.flags = packed.flags;
    this.labels = packed.labels;
    this.lanes = packed.lanes.split(" ");
    const widest = this.lanes.reduce((most, lane) => Math.max(most, this.lane(lane)), 0);
    /** How many characters an id takes, at most 16. */
    this.idLength = Math.min(16, this.ids.reduce((most, id) => Math.max(most, id.length), 4));
    this.width = FIRST * 2 + Math.min(widest, MOST_LANES - 1) * LANE;
    /** @type {string[] | undefined} */
    this.haystack = undefined;
  }

  get length() {
    return this.ids.length;
  }

  /** @param {string} packed */
  lane(packed) {
    return parseInt(packed[0], 36) || 0;
  }

  /**
   * @param {number} at
   * @returns {Row}
   */
  row(at) {
    const flags = parseInt(this.flags[at], 32) || 0;
    return {
      at,
      id: this.ids[at],
      message: this.messages[at],
      day: this.days[at],
      labels: this.labels[at] ?? [],
      applied: Boolean(flags & 1),
      current: Boolean(flags & 2),
      head: Boolean(flags & 4),
      merge: Boolean(flags & 8),
      broken: Boolean(flags & 16),
    };
  }

  /**
   * Return the rows whose id, message or label has *text*.
   * @param {string} text
   */
  find(text) {
    this.haystack ??= this.ids.map((id, at) => `${id}\n${this.messages[at]}\n${(this.labels[at] ?? []).join("\n")}`.toLowerCase());
    const wanted = text.toLowerCase();
    return this.haystack.flatMap((hay, at) => (hay.includes(wanted) ? [at] : []));
  }

  /**
   * @param {number} at
   * @returns {Link[]}
   */
  links(at) {
    const packed = this.lanes[at] ?? "";
    const found = [];
    for (let place = 1; place < packed.length; place += 3) {
      const flags = Number(packed[place + 2]);
      found.push({
        from: parseInt(packed[place], 36),
        to: parseInt(packed[place + 1], 36),
        dashed: Boolean(flags & 1),
        stub: Boolean(flags & 2),
      });
    }
    return found.filter((link) => Math.max(link.from, link.to) < MOST_LANES);
  }

  /**
   * Return the picture beside a row; without its lines where rows between are hidden.
   * @param {number} at
   * @param {boolean} isAlone
   */
  picture(at, isAlone) {
    const row = this.row(at);
    const lane = isAlone ? 0 : Math.min(this.lane(this.lanes[at] ?? "0"), MOST_LANES - 1);
    const width = isAlone ? FIRST * 2 : this.width;
    const radius = row.current ? 5.5 : 5;
    const drawn = svg("svg", { class: "mm-x-lane", width, height: ROW, "aria-hidden": "true" });
    for (const [isDashed, path] of isAlone ? [] : this.paths(at, lane, radius)) {
      if (path) drawn.append(svg("path", { d: path, "stroke-dasharray": isDashed ? "3 3" : null }));
    }
    if (row.current) drawn.append(svg("circle", { class: "mm-x-ring", cx: x(lane), cy: MIDDLE, r: 9 }));
    const filled = row.applied || row.current ? "mm-x-applied" : "mm-x-pending";
    drawn.append(svg("circle", { class: `mm-x-node ${filled}`, cx: x(lane), cy: MIDDLE, r: radius }));
    drawn.append(svg("rect", { class: "mm-x-hit", width, height: ROW }));
    return drawn;
  }

  /**
   * @param {number} at
   * @param {number} lane
   * @param {number} radius
   * @returns {[boolean, string][]}
   */
  paths(at, lane, radius) {
    const paths = { solid: "", dashed: "" };
    const arriving = new Map(
      (at ? this.links(at - 1) : []).filter((link) => !link.stub).map((link) => [link.to, link.dashed]),
    );
    for (const [to, isDashed] of arriving) {
      paths[isDashed ? "dashed" : "solid"] += `M${x(to)} 0V${MIDDLE - (to === lane ? radius : 0)}`;
    }
    for (const link of this.links(at)) {
      const [start, end] = [x(link.from), x(link.to)];
      const top = MIDDLE + (link.from === lane ? radius : 0);
      const bend = start === end ? `V${ROW}` : `C${start} ${ROW - 4} ${end} ${MIDDLE + 6} ${end} ${ROW}`;
      paths[link.dashed || link.stub ? "dashed" : "solid"] += `M${start} ${top}${bend}`;
    }
    return [
      [false, paths.solid],
      [true, paths.dashed],
    ];
  }
}

/** @param {number} lane */
function x(lane) {
  return FIRST + lane * LANE;
}
