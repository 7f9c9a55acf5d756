// A drawing of one model as it arrives, shown at the pace that people chose. The model draws as fast
// as it can, so the pace may change at any moment and the model is soon free for others.
import { BLACK_OR_WHITE, legible, PIXELS, pixelOf } from "./shape.js";
import { ClassBars } from "./class-bars.js";
import { image, nats, natsAndBits, probabilities, surprises } from "./paint.js";

/** Pixels a second; 0 waits for a press, infinity shows all that is there. */
export const SPEEDS = [0, 8, 30, 60, 240, 1000, Infinity];

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export class Player {
  status = element("p", { className: "status", role: "status" });
  #strip;
  #wish;
  #values; // of each picture, the levels of each pixel
  #odds;
  #cards = [];
  #classes;
  #got;
  #shown;
  #seconds = null;
  #known; // whether the model has said how likely what is given was
  under = "probability";

  /** @param classes that the model knows, by name */
  constructor(strip, wish, classes) {
    this.#strip = strip;
    this.#wish = wish;
    this.#classes = classes;
    this.#got = wish.from;
    this.#shown = wish.from;
    this.#known = wish.from === 0;
    this.#values = Array.from({ length: wish.count }, () => Array.from({ length: wish.from }, (_, p) => pixelOf(wish.given, p)));
    this.#odds = Array.from({ length: wish.count }, () => new Float64Array(PIXELS));
    for (let k = 0; k < wish.count; k++) {
      const picture = element("canvas");
      const map = element("canvas");
      const caption = element("figcaption");
      picture.setAttribute("role", "img");
      map.setAttribute("role", "img");
      strip.append(element("figure", { className: "completion" }, picture, map, caption));
      this.#cards.push({ picture, map, caption, bars: null });
    }
    this.status.textContent = "waiting for the model ...";
    this.paint();
  }

  /** An event of the drawing. */
  take(name, data) {
    if (name === "waiting") {
      this.status.textContent = `waiting: ${data.ahead} ahead`;
    } else if (name === "given") {
      this.#odds.forEach((odds) => odds.set(data.odds));
      this.#known = true;
      data.classes?.forEach((odds, p) => this.#cards.forEach((card) => this.#bars(card).take(p, odds)));
      this.paint();
    } else if (name === "pixel") {
      for (let k = 0; k < this.#wish.count; k++) {
        this.#values[k][data.pixel] = pixelOf(data.levels, k);
        this.#odds[k][data.pixel] = data.odds[k];
        if (data.classes) {
          this.#bars(this.#cards[k]).take(data.pixel, data.classes[k]);
        }
      }
      this.#got = data.pixel + 1;
    } else if (name === "done") {
      this.#seconds = data.seconds ?? null;
      this.#got = PIXELS;
    } else if (name === "failed") {
      this.status.textContent = data.error;
      this.failed = true;
    }
  }

  /** Those of a picture, which are made when the model first says anything by class. */
  #bars(card) {
    if (card.bars === null) {
      card.bars = new ClassBars(this.#classes);
      card.caption.after(card.bars.table);
    }
    return card.bars;
  }

  get finished() {
    return this.failed || (this.#shown >= PIXELS && this.#got >= PIXELS);
  }

  /** Goes on by the pixels of so many milliseconds. */
  advance(speed, millis) {
    const to = speed === Infinity ? this.#got : Math.min(this.#shown + (speed * millis) / 1000, this.#got);
    this.#show(to);
  }

  step() {
    this.#show(Math.min(Math.floor(this.#shown) + 1, this.#got));
  }

  #show(to) {
    const moved = Math.floor(to) !== Math.floor(this.#shown);
    this.#shown = to;
    if (moved || (this.#shown >= PIXELS && !this.told)) {
      this.paint();
    }
  }

  paint() {
    const shown = Math.floor(this.#shown);
    const known = this.#known ? shown : 0;
    this.#cards.forEach(({ picture, map, caption, bars }, k) => {
      bars?.show(this.#values[k], shown);
      const values = this.#values[k].slice(0, shown).join("");
      image(picture, values, shown);
      if (this.under === "surprise") {
        surprises(map, values, this.#odds[k], known);
      } else {
        probabilities(map, this.#odds[k], this.#wish.temperature, known);
      }
      const likelihood = this.#known ? natsAndBits(nats(values, this.#odds[k], shown), shown) : "";
      caption.textContent = likelihood;
      picture.setAttribute("aria-label", `Picture ${k + 1}, ${shown} of ${PIXELS} pixels, ${likelihood}`);
      map.setAttribute("aria-label", this.under === "surprise" ? "Surprise of each pixel" : `Probability of ${BLACK_OR_WHITE ? "white of each pixel" : "each pixel's colour"}`);
      picture.dataset.pixels = legible(values); // for whoever looks at the page by program
    });
    if (this.failed || this.#got === this.#wish.from) {
      return;
    }
    if (shown < PIXELS) {
      this.status.textContent = `pixel ${shown} of ${PIXELS}`;
    } else {
      this.told = true;
      this.status.textContent = this.#done();
    }
  }

  #done() {
    const pixels = PIXELS - this.#wish.from;
    if (this.#seconds === null || pixels === 0) {
      return "done";
    }
    const rate = Math.round((pixels * this.#wish.count) / this.#seconds).toLocaleString("en");
    return `done; the model took ${(1000 * this.#seconds).toFixed(0)} ms, ${rate} pixels a second`;
  }

  remove() {
    this.#strip.querySelectorAll("figure.completion").forEach((figure) => figure.remove());
  }
}
