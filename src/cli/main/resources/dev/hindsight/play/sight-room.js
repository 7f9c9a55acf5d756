// The second room: which pixels a prediction may see, and what each did.
import { api } from "./api.js";
import {
  beside, BLACK_OR_WHITE, column, HEIGHT, isBlank, nearest, negative, pixelOf, PIXELS, row, under, WIDTH, withPixel,
} from "./shape.js";
import * as address from "./address.js";
import { bars } from "./bars.js";
import { shownAs, sigmoid } from "./paint.js";
import { element } from "./player.js";

const $ = (id) => document.getElementById(id);
const CELL = 12;
const DOT = 6; // of the picture, in a cell
const NO_GRADIENT = "none: this model looks levels up in a table, so no gradient leads to pixels";

export class SightRoom {
  #models;
  #beginnings;
  #kind;
  #own; // the picture of the first room
  #cards = [];
  #pixel;
  #probe = null;
  #held = false;
  #look = new AbortController();
  #trouble;

  constructor({ models, beginnings, kind }, own, trouble) {
    this.#models = models;
    this.#beginnings = beginnings;
    this.#kind = kind;
    this.#own = own;
    this.#trouble = trouble;
    this.#pixel = Math.floor(HEIGHT / 2) * WIDTH + Math.floor(WIDTH / 2);
  }

  /** Lays the room out when it is first entered. */
  async enter() {
    if (this.#cards.length === 0) {
      this.#layOut();
    }
    this.#images();
    const asked = Number(address.read("pixel") || this.#pixel);
    await this.point(Number.isInteger(asked) && asked >= 0 && asked < PIXELS ? asked : this.#pixel);
  }

  #layOut() {
    for (const model of this.#models) {
      const canvas = element("canvas", { width: WIDTH * CELL, height: HEIGHT * CELL, tabIndex: 0 });
      canvas.setAttribute("role", "application");
      canvas.setAttribute("aria-label", `${model.model}: receptive field. Arrow keys choose a pixel, Enter holds it.`);
      const facts = element("dl");
      const verdict = element("p", { className: "verdict", role: "status" });
      const charts = element("div", { className: "charts" });
      const card = { model, canvas, charts, facts, verdict, sight: null, answer: null };
      canvas.addEventListener("pointermove", (e) => this.#hover(e, canvas));
      canvas.addEventListener("click", (e) => this.#press(e, canvas));
      canvas.addEventListener("keydown", (e) => this.#key(e));
      canvas.dataset.model = model.id;
      $("sights").append(element("article", {}, element("h3", { textContent: model.model }), canvas, facts, charts, verdict));
      this.#cards.push(card);
    }
    $("sight-image").addEventListener("change", () => this.point(this.#pixel));
    $("sight-hold").addEventListener("click", () => this.#hold(!this.#held));
    $("sight-after").addEventListener("click", () => {
      this.#hold(true);
      this.flip(this.#pixel + 1);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paint());
  }

  #images() {
    const choice = $("sight-image");
    const before = choice.value;
    choice.replaceChildren(...this.#beginnings.map((_, k) => new Option(`${this.#kind} ${k + 1}`, k)));
    if (!isBlank(this.#own())) {
      choice.append(new Option("your drawing", "own"));
    }
    choice.value = [...choice.options].some((option) => option.value === before) ? before : choice.options[0].value;
  }

  #image() {
    const choice = $("sight-image").value;
    return choice === "own" ? this.#own() : this.#beginnings[Number(choice)];
  }

  #hover(e, canvas) {
    const pixel = nearest(under(e, canvas));
    if (!this.#held && pixel !== this.#pixel) {
      this.point(pixel);
    }
  }

  #press(e, canvas) {
    const pixel = nearest(under(e, canvas));
    if (!this.#held) {
      this.#hold(true);
      this.point(pixel);
    } else if (pixel === this.#pixel) {
      this.#hold(false);
    } else {
      this.flip(pixel);
    }
  }

  #hold(on) {
    this.#held = on;
    $("sight-hold").setAttribute("aria-pressed", on);
    if (!on) {
      this.#probe = null;
      this.#paint();
    }
  }

  #key(e) {
    if (e.key.startsWith("Arrow")) {
      const to = beside(this.#held ? (this.#probe ?? this.#pixel) : this.#pixel, e.key);
      if (to !== null && this.#held) {
        this.flip(to);
      } else if (to !== null) {
        this.point(to);
      }
    } else if (e.key === "Enter") {
      this.#hold(!this.#held);
    } else {
      return;
    }
    e.preventDefault();
  }

  /** Shows what the prediction of a pixel sees. */
  async point(pixel) {
    this.#pixel = pixel;
    this.#probe = null;
    address.write({ pixel });
    this.#look.abort();
    this.#look = new AbortController();
    const { signal } = this.#look;
    $("sight-where").textContent = `row ${row(pixel)}, column ${column(pixel)}: pixel ${pixel}`;
    const image = this.#image();
    this.#cards.forEach((card) => (card.answer = null));
    await Promise.all(this.#cards.map((card) => this.#ask(card, image, pixel, signal)));
  }

  async #ask(card, image, pixel, signal) {
    try {
      card.sight ??= await api.sight(card.model.id);
      if (!signal.aborted) {
        this.#paintCard(card);
      }
      const answer = await api.sees(card.model.id, image, pixel, signal);
      if (!signal.aborted) {
        card.answer = answer;
        this.#paintCard(card);
      }
    } catch (e) {
      if (e.name !== "AbortError") {
        this.#trouble(e);
      }
    }
  }

  /** Turns a pixel over and says whether the prediction of the one that is held moved. */
  async flip(pixel) {
    if (pixel >= PIXELS || pixel < 0) {
      return;
    }
    this.#probe = pixel;
    this.#paint();
    const image = this.#image();
    const flipped = withPixel(image, pixel, negative(pixelOf(image, pixel)));
    const name = `pixel ${pixel}`;
    await Promise.all(
      this.#cards.map(async (card) => {
        const before = card.answer;
        if (!before) {
          return;
        }
        const slope = before.gradient?.[pixel];
        const measured = slope === undefined ? "" : ` Its gradient is ${exactly(slope)}.`;
        try {
          const after = await api.sees(card.model.id, flipped, this.#pixel);
          if (this.#probe !== pixel) {
            return; // another pixel was pressed in the meantime
          }
          card.verdict.textContent =
            (after.odds === before.odds
              ? `Flipping ${name} did not change a single bit of the prediction.`
              : `Flipping ${name} changed ${changed(before.odds, after.odds)}.`) + measured;
        } catch (e) {
          this.#trouble(e);
        }
      }),
    );
  }

  #paint() {
    this.#cards.filter((card) => card.sight).forEach((card) => this.#paintCard(card));
  }

  #paintCard(card) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    const image = this.#image();
    const gradient = card.answer?.gradient;
    const largest = gradient ? Math.max(...gradient.map(Math.abs)) : 0;
    const context = card.canvas.getContext("2d");
    let seen = 0;
    const classes = [];
    for (let p = 0; p < PIXELS; p++) {
      const kind = this.#seenAs(card, p);
      classes.push(kind);
      seen += kind === "seen" ? 1 : 0;
      const x = column(p) * CELL;
      const y = row(p) * CELL;
      context.fillStyle = colour(kind === "seen" ? "weak" : kind);
      context.fillRect(x, y, CELL, CELL);
      if (kind === "seen" && largest > 0 && gradient[p] !== 0) {
        context.globalAlpha = Math.min(1, Math.sqrt(Math.abs(gradient[p]) / largest));
        context.fillStyle = colour(gradient[p] > 0 ? "raises" : "seen");
        context.fillRect(x, y, CELL, CELL);
        context.globalAlpha = 1;
      }
      const levels = pixelOf(image, p);
      if (!isBlank(levels)) {
        context.fillStyle = BLACK_OR_WHITE ? colour("ink") : `rgb(${shownAs(levels)})`;
        context.globalAlpha = p < this.#pixel ? 0.85 : 0.25;
        context.fillRect(x + (CELL - DOT) / 2, y + (CELL - DOT) / 2, DOT, DOT);
        context.globalAlpha = 1;
      }
    }
    if (this.#probe !== null) {
      context.strokeStyle = colour("ink");
      context.lineWidth = 2;
      context.strokeRect(column(this.#probe) * CELL + 1, row(this.#probe) * CELL + 1, CELL - 2, CELL - 2);
    } else {
      card.verdict.textContent = "";
    }
    // For whoever looks at the page by program: the sets, as letters, one a pixel.
    card.canvas.dataset.kinds = classes.map((kind) => kind[0]).join("");
    card.canvas.dataset.pixel = this.#pixel;
    card.canvas.dataset.measured = gradient ? gradient.map((g) => (g === 0 ? "0" : "1")).join("") : "";
    this.#facts(card, seen);
    const charts = bars(card.answer?.probabilities ?? [], pixelOf(image, this.#pixel), { ink: colour("ink"), mark: colour("self") });
    card.charts.replaceChildren(...charts);
  }

  #seenAs(card, p) {
    if (p === this.#pixel) {
      return "self";
    }
    const byte = card.sight[this.#pixel * Math.ceil(PIXELS / 8) + (p >> 3)];
    if ((byte >> (p & 7)) & 1) {
      return "seen";
    }
    return p < this.#pixel ? "blind" : "later";
  }

  #facts(card, seen) {
    const missed = this.#pixel - seen;
    const pairs = [["sees", `${seen} of ${this.#pixel} earlier pixels` + (missed ? `, misses ${missed}` : "")]];
    if (card.answer) {
      pairs.push(["predicts", predicted(card.answer.odds)]);
      const felt = card.answer.gradient?.filter((g, p) => g !== 0 && p !== this.#pixel).length; // channels see their own
      pairs.push(["gradient", felt === undefined ? NO_GRADIENT : `not 0 at ${felt} of them, which move this prediction`]);
    }
    card.facts.replaceChildren(
      ...pairs.flatMap(([word, text]) => [element("dt", { textContent: word }), element("dd", { textContent: text })]));
  }
}

function exactly(slope) {
  return slope === 0 ? "exactly 0" : slope.toPrecision(3);
}

function predicted(odds) {
  return BLACK_OR_WHITE ? `${percent(odds)} white` : `this pixel with ${(-odds).toFixed(2)} nats of surprise`;
}

function changed(before, after) {
  return BLACK_OR_WHITE
    ? `the probability of white from ${percent(before)} to ${percent(after)}`
    : `the surprise of this pixel from ${(-before).toPrecision(5)} to ${(-after).toPrecision(5)} nats`;
}

function percent(logit) {
  return `${(100 * sigmoid(logit)).toFixed(2)} %`;
}
