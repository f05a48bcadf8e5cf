// @ts-check
// The schema at a moment: as a diagram, or as tables in words.

import { Diagram } from "./diagram.js";
import { draw, el, set } from "./dom.js";

/** @typedef {import("./diagram.js").Scene} Scene */

export class Stage {
  /** @param {() => void} turned is called when the other form is wanted */
  constructor(turned) {
    this.diagram = new Diagram();
    this.isWords = false;
    this.words = el("div", { class: "mm-x-words", tabindex: 0, role: "group", "aria-label": "Tables of the schema" });
    this.message = el("div", { class: "mm-x-why" });
    this.said = el("span", { class: "mm-x-said mm-dim" });
    this.forms = [false, true].map((isWords) => {
      const button = el("button", { type: "button" }, isWords ? "Tables" : "Diagram");
      button.addEventListener("click", () => {
        this.isWords = isWords;
        this.look();
        turned();
      });
      return button;
    });
    this.bar = el("div", { class: "mm-x-bar", role: "toolbar", "aria-label": "Schema" }, el("span", { class: "mm-x-forms" }, ...this.forms), this.said, this.diagram.tools);
    this.element = el("section", { class: "mm-x-stage", "aria-label": "Schema" }, this.bar, this.message, this.diagram.view, this.words);
    this.look();
  }

  look() {
    this.forms.forEach((button, number) => set(button, { "aria-pressed": String(this.isWords === (number === 1)) }));
    const isTold = this.message.childNodes.length > 0;
    this.diagram.view.hidden = this.isWords || isTold;
    this.diagram.tools.hidden = this.isWords || isTold;
    this.words.hidden = !this.isWords || isTold;
    this.bar.hidden = isTold;
  }

  /** @param {Scene} scene */
  show(scene) {
    this.tell();
    this.said.textContent = scene.said;
    this.diagram.show(scene);
  }

  /** @param {string} html as the package's display drew it */
  showWords(html) {
    this.tell();
    draw(this.words, html);
  }

  /**
   * Say why there is no schema to see, and what helps.
   * @param {...(Node | string)} said
   */
  tell(...said) {
    this.message.replaceChildren(...said);
    this.look();
  }

  close() {
    this.diagram.close();
  }
}
