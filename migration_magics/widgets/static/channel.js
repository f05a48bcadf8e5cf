// @ts-check
// Questions to the kernel and their answers. Of questions for one place only the last counts.

const PATIENCE_MS = 4000;

/** @typedef {Record<string, any>} Answer */

/**
 * @typedef {object} Channel
 * @property {(slot: string, question: Record<string, unknown>) => Promise<Answer | null>} ask
 *   The answer; null where a later question for the same slot took its place.
 * @property {() => void} close
 */

/**
 * @param {import("@anywidget/types").AnyModel} model
 * @param {(said: string) => void} wait is told that the kernel lets one wait, and with "" that it answers again
 * @param {(told: Answer) => void} heard gets what the kernel says unasked
 * @returns {Channel}
 */
export function channel(model, wait, heard) {
  const view = Math.random().toString(36).slice(2);
  /** @type {Map<string, {number: number, resolve: (answer: Answer | null) => void, reject: (error: Error) => void}>} */
  const asked = new Map();
  let number = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const rest = () => {
    clearTimeout(timer);
    timer = asked.size
      ? setTimeout(() => wait("The kernel is busy, or gone: then run the cell again."), PATIENCE_MS)
      : undefined;
    if (!asked.size) wait("");
  };

  /** @param {Answer} answer */
  const receive = (answer) => {
    if (!answer || typeof answer !== "object") return;
    if (answer.kind === "told") {
      heard(answer);
      rest();
      return;
    }
    if (answer.view !== view) return;
    const waiting = asked.get(answer.slot);
    if (!waiting || waiting.number !== answer.number) return;
    asked.delete(answer.slot);
    rest();
    waiting.resolve(answer);
  };
  model.on("msg:custom", receive);

  return {
    ask(slot, question) {
      asked.get(slot)?.resolve(null);
      number += 1;
      const mine = number;
      return new Promise((resolve, reject) => {
        asked.set(slot, { number: mine, resolve, reject });
        rest();
        model.send({ ...question, slot, number: mine, view });
      });
    },
    close() {
      clearTimeout(timer);
      model.off("msg:custom", receive);
    },
  };
}
