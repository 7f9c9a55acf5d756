// Answers from files that `hindsight play --export` wrote.
import { PIXELS } from "./shape.js";

/** Before the bytes of a recorded gradient, one a pixel: logit, largest gradient. */
const HEAD = 8;

export class Recorded {
  recorded = true;
  #files = new Map();
  #refused;

  constructor(refused) {
    this.#refused = refused;
  }

  async models() {
    const answer = await this.#json("models.json");
    this.digits = answer.digits;
    return answer;
  }

  structure() {
    return this.#json("structure.json");
  }

  async sight(model) {
    return new Uint8Array(await this.#bytes(`sight-${model}.bin`));
  }

  async surprise(model, image) {
    const known = this.digits.indexOf(image);
    if (known < 0) {
      throw new this.#refused("Only the ten digits were recorded.");
    }
    return (await this.#json(`surprise-${model}.json`))[known];
  }

  async sees(model, image, pixel) {
    if (image !== this.digits[0]) {
      throw new this.#refused("Gradients were recorded for the first digit only.");
    }
    const row = HEAD + PIXELS;
    const view = new DataView(await this.#bytes(`sees-${model}.bin`), pixel * row, row);
    const largest = view.getFloat32(4, true);
    const gradient = Array.from({ length: PIXELS }, (_, p) => (view.getInt8(HEAD + p) / 127) * largest);
    return { logit: view.getFloat32(0, true), gradient };
  }

  /** Plays a drawing that was recorded, or says which there are. */
  async draw(wish, on) {
    const all = await this.#json(`drawings-${wish.model}.json`);
    const begins = (d) => d.from === wish.from && same(d.given, wish.given, wish.from);
    const found = all.find((d) => begins(d) && d.seed === wish.seed);
    if (!found || wish.temperature !== found.temperature || wish.count > found.count) {
      throw new this.#refused(
        "Recorded: an empty page and the upper halves of the first four digits, with seeds 0 to 2, temperature 1 and up to four completions.",
      );
    }
    const images = found.images.slice(0, wish.count);
    if (wish.from > 0) {
      on("given", { logits: images[0].logits.slice(0, wish.from) });
    }
    for (let pixel = wish.from; pixel < PIXELS; pixel++) {
      on("pixel", {
        pixel,
        values: images.map((image) => image.values[pixel]).join(""),
        logits: images.map((image) => image.logits[pixel]),
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
  return a.slice(0, pixels) === b.slice(0, pixels);
}
