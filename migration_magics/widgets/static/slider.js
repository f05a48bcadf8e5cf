// @ts-check
// Time: from base to the newest revision, by steps, by hand or by itself.

import { el, iconButton, set } from "./dom.js";

const MOST_DOTS = 100;
const SLOWEST_MS = 1200;
const FASTEST_MS = 160;
const WHOLE_MS = 40000;

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";

export class Slider {
  /**
   * @param {(step: number) => Promise<unknown>} go
   * @param {(error: unknown) => void} failed
   */
  constructor(go, failed) {
    this.go = go;
    this.failed = failed;
    this.first = iconButton("To base", "M3 3h2v10H3zM13 3v10L6 8z");
    this.back = iconButton("One revision back", "M11 3v10L4 8z");
    this.play = iconButton("Play", PLAY);
    this.next = iconButton("One revision on", "M5 3v10l7-5z");
    this.range = el("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": "Schema after revision" });
    this.dots = el("div", { class: "mm-x-dots", "aria-hidden": "true" });
    this.label = el("span", { class: "mm-x-when" });
    this.track = el("span", { class: "mm-x-track" }, this.dots, this.range);
    this.element = el(
      "div",
      { class: "mm-x-time", role: "group", "aria-label": "Time" },
      el("span", { class: "mm-x-buttons" }, this.first, this.back, this.play, this.next),
      this.track,
      this.label,
    );
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.isPlaying = false;
    this.range.addEventListener("input", () => this.to(Number(this.range.value)));
    this.first.addEventListener("click", () => this.to(0));
    this.back.addEventListener("click", () => this.to(this.step - 1));
    this.next.addEventListener("click", () => this.to(this.step + 1));
    this.play.addEventListener("click", () => (this.isPlaying ? this.pause() : this.start()));
  }

  get step() {
    return Number(this.range.value);
  }

  get last() {
    return Number(this.range.max);
  }

  /**
   * Offer the steps 0 to *last*; *isApplied* says which of 1 to *last* are.
   * @param {number} last
   * @param {(step: number) => boolean} isApplied
   */
  offer(last, isApplied) {
    set(this.range, { max: last });
    const count = Math.min(last, MOST_DOTS);
    const dots = [];
    for (let number = 1; number <= count; number += 1) {
      const step = Math.round((number * last) / count);
      const dot = el("span", { class: isApplied(step) ? "mm-x-dot mm-x-done" : "mm-x-dot" });
      dot.style.left = `${(100 * step) / last}%`;
      dots.push(dot);
    }
    this.dots.replaceChildren(...dots);
    this.dots.classList.toggle("mm-x-many", last > 40);
  }

  /** @param {number} step @param {string} label @param {string} said */
  show(step, label, said) {
    this.range.value = String(step);
    this.track.style.setProperty("--mm-x-far", this.last ? String(step / this.last) : "0");
    this.label.textContent = label;
    set(this.range, { "aria-valuetext": said });
    set(this.first, { disabled: step <= 0 });
    set(this.back, { disabled: step <= 0 });
    set(this.next, { disabled: step >= this.last });
  }

  /** @param {number} step */
  to(step) {
    this.pause();
    this.go(Math.min(this.last, Math.max(0, step))).catch(this.failed);
  }

  start() {
    this.turn(true);
    const from = this.step >= this.last ? 0 : this.step + 1;
    this.run(from).catch(this.failed);
  }

  /** @param {number} step */
  async run(step) {
    const began = performance.now();
    await this.go(step);
    if (!this.isPlaying) return;
    if (step >= this.last) {
      this.pause();
      return;
    }
    const pace = Math.max(FASTEST_MS, Math.min(SLOWEST_MS, WHOLE_MS / Math.max(1, this.last)));
    this.timer = setTimeout(() => this.run(step + 1).catch(this.failed), Math.max(30, pace - (performance.now() - began)));
  }

  pause() {
    clearTimeout(this.timer);
    if (this.isPlaying) this.turn(false);
  }

  /** @param {boolean} isPlaying */
  turn(isPlaying) {
    this.isPlaying = isPlaying;
    const said = isPlaying ? "Pause" : "Play";
    set(this.play, { "aria-label": said, title: said });
    this.play.querySelector("path")?.setAttribute("d", isPlaying ? PAUSE : PLAY);
  }

  close() {
    clearTimeout(this.timer);
    this.isPlaying = false;
  }
}
