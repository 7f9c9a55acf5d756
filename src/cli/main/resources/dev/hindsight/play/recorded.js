// Answers from files that `hindsight play --export` wrote.
import { beginning, BLACK_OR_WHITE, CHANNELS, LEVELS, pixelOf, PIXELS } from "./shape.js";

/** Before the bytes of a recorded gradient, one a pixel: odds, largest gradient. */
const HEAD = 8;

export class Recorded {
  recorded = true;
  classes = {};
  #files = new Map();
  #refused;

  constructor(refused) {
    this.#refused = refused;
  }

  async models() {
    const answer = await this.#json("models.json");
    this.kind = answer.kind;
    this.beginnings = answer.beginnings.map(atob);
    return { ...answer, beginnings: this.beginnings };
  }

  structure() {
    return this.#json("structure.json");
  }

  async sight(model) {
    return new Uint8Array(await this.#bytes(`sight-${model}.bin`));
  }

  async surprise(model, image) {
    const known = this.beginnings.indexOf(image);
    if (known < 0) {
      throw new this.#refused("Only the beginnings were recorded.");
    }
    return (await this.#json(`surprise-${model}.json`))[known];
  }

  async sees(model, image, pixel) {
    if (image !== this.beginnings[0]) {
      throw new this.#refused(`Gradients were recorded for the first ${this.kind} only.`);
    }
    const bars = BLACK_OR_WHITE ? 0 : CHANNELS * LEVELS;
    const row = HEAD + PIXELS + 4 * bars;
    const view = new DataView(await this.#bytes(`sees-${model}.bin`), pixel * row, row);
    const largest = view.getFloat32(4, true);
    const gradient = Array.from({ length: PIXELS }, (_, p) => (view.getInt8(HEAD + p) / 127) * largest);
    const probabilities = Array.from({ length: bars / LEVELS }, (_, c) =>
      Array.from({ length: LEVELS }, (_, level) => view.getFloat32(HEAD + PIXELS + 4 * (c * LEVELS + level), true)));
    const odds = view.getFloat32(0, true);
    return Number.isNaN(largest) ? { odds, probabilities } : { odds, probabilities, gradient };
  }

  /** Plays a drawing that was recorded, or says which there are. */
  async draw(wish, on) {
    const all = await this.#json(`drawings-${wish.model}.json`);
    const begins = (d) => d.from === wish.from && same(atob(d.given), wish.given, wish.from);
    const found = all.find((d) => begins(d) && d.seed === wish.seed);
    if (!found || wish.temperature !== found.temperature || wish.count > found.count) {
      throw new this.#refused(
        `Recorded: an empty page and the upper halves of the first four ${this.kind}s, with seeds 0 to 2, temperature 1 and up to four completions.`,
      );
    }
    const images = found.images.slice(0, wish.count).map(({ levels, odds }) => ({ levels: atob(levels), odds }));
    if (wish.from > 0) {
      on("given", { odds: images[0].odds.slice(0, wish.from) });
    }
    for (let pixel = wish.from; pixel < PIXELS; pixel++) {
      on("pixel", {
        pixel,
        levels: images.map((image) => pixelOf(image.levels, pixel)).join(""),
        odds: images.map((image) => image.odds[pixel]),
      });
    }
    on("done", {});
  }

  async #json(name) {
    return JSON.parse(new TextDecoder().decode(await this.#bytes(name)));
  }

  #bytes(name) {
    if (!this.#files.has(name)) {
      this.#files.set(name, this.#fetch(name));
    }
    return this.#files.get(name);
  }

  async #fetch(name) {
    const answer = await fetch(`recorded/${name}`);
    if (!answer.ok) {
      throw new this.#refused(`recorded/${name} is missing.`);
    }
    return answer.arrayBuffer();
  }
}

function same(a, b, pixels) {
  return beginning(a, pixels) === beginning(b, pixels);
}
