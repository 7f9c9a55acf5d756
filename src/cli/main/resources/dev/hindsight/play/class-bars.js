// How likely each class is by the pixels so far, and what each would have said of the last one.
import { BLACK_OR_WHITE, CHANNELS } from "./shape.js";
import { sigmoid, surprise } from "./paint.js";
import { element } from "./player.js";

const MOST = 10; // rows, of the likeliest classes

/** One bar, from 0 to 1. */
function bar(name) {
  const fill = element("i");
  return { fill, cell: element("td", { className: name }, element("span", {}, fill)) };
}

export class ClassBars {
  #odds = []; // of each pixel, by class
  #scores; // log-probability of the pixels so far, by class
  #summed = 0;
  #rows;

  /** @param names of the classes, each as likely as any other before the first pixel */
  constructor(names) {
    this.#scores = names.map(() => 0);
    this.#rows = names.map((name) => {
      const far = bar("far");
      const here = bar("here");
      const share = element("td", { className: "share" });
      const row = element("tr", {}, element("th", { scope: "row", textContent: name, title: name }), far.cell, share, here.cell);
      return { row, share, far: far.fill, here: here.fill };
    });
    const heads = ["class", "so far", "", BLACK_OR_WHITE ? "white" : "level"];
    const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })));
    const body = element("tbody", {}, ...this.#rows.map(({ row }) => row));
    this.table = element("table", { className: "classes" }, element("thead", {}, head), body);
  }

  /** What each class says of a pixel. */
  take(pixel, odds) {
    this.#odds[pixel] = odds;
  }

  /** p(class | pixels so far), by Bayes' rule. */
  #posterior(values, shown) {
    for (; this.#summed < shown && this.#odds[this.#summed]; this.#summed++) {
      const levels = values[this.#summed];
      this.#odds[this.#summed].forEach((odds, y) => (this.#scores[y] -= surprise(odds, levels)));
    }
    const top = Math.max(...this.#scores);
    const likely = this.#scores.map((score) => Math.exp(score - top));
    const sum = likely.reduce((a, b) => a + b);
    return likely.map((p) => p / sum);
  }

  /** As it is after so many pixels of a picture. */
  show(values, shown) {
    const posterior = this.#posterior(values, shown);
    const least = [...posterior].sort((a, b) => b - a)[Math.min(MOST, posterior.length) - 1];
    const said = this.#odds[this.#summed - 1];
    this.#rows.forEach(({ row, share, far, here }, y) => {
      row.hidden = posterior[y] < least;
      far.style.width = `${100 * posterior[y]}%`;
      share.textContent = `${(100 * posterior[y]).toFixed(posterior[y] > 0.9995 || posterior[y] < 0.0005 ? 0 : 1)}\u00a0%`;
      const likely = said === undefined ? 0 : BLACK_OR_WHITE ? sigmoid(said[y]) : Math.exp(said[y] / CHANNELS);
      here.style.width = `${100 * likely}%`;
      row.dataset.posterior = posterior[y];
      row.dataset.here = likely;
    });
  }
}
