// The canvas on which people draw, with mouse, finger or keys.
import {
  beginning, beside, BLACK_OR_WHITE, blank, CHANNELS, column, HEIGHT, isBlank, LEVELS, nearest, pixelOf, PIXELS, row, say,
  under, WIDTH, withPixel,
} from "./shape.js";
import { shownAs } from "./paint.js";

const LONG_SIDE = 560; // of the canvas
const BRUSH = [[0, 0], [1, 0], [0, 1], [1, 1]]; // two pixels wide, about as a digit's stroke

export class Editor {
  pixels = blank();
  pen = String.fromCharCode(LEVELS - 1).repeat(CHANNELS);
  from = 0;
  chosen = false; // whether people said where the model goes on; else below what is drawn
  erasing = false;
  #cell = Math.max(1, Math.floor(LONG_SIDE / Math.max(HEIGHT, WIDTH)));
  #cursor = Math.floor((10 * HEIGHT) / 28) * WIDTH + Math.floor((10 * WIDTH) / 28);
  #keyed = false;
  #last = null;
  #canvas;
  #where;

  /** @param changed is called after each change, @param go when the model is to go on */
  constructor(canvas, where, changed, go) {
    this.#canvas = canvas;
    canvas.width = WIDTH * this.#cell;
    canvas.height = HEIGHT * this.#cell;
    canvas.setAttribute("aria-label", `Your drawing, ${HEIGHT} by ${WIDTH} pixels`);
    this.#where = where;
    this.changed = changed;
    this.go = go;
    canvas.addEventListener("pointerdown", (e) => this.#press(e));
    canvas.addEventListener("pointermove", (e) => this.#move(e));
    canvas.addEventListener("pointerup", () => (this.#last = null));
    canvas.addEventListener("pointercancel", () => (this.#last = null));
    canvas.addEventListener("contextmenu", (e) => e.preventDefault());
    canvas.addEventListener("keydown", (e) => this.#key(e));
    canvas.addEventListener("focus", () => this.paint());
    canvas.addEventListener("blur", () => this.paint());
    this.paint();
  }

  set(pixels, from, chosen) {
    this.pixels = pixels;
    this.from = from;
    this.chosen = chosen;
    this.paint();
  }

  /** Below the last row that has ink. */
  auto() {
    const inked = this.pixels.replace(/\0+$/, "").length; // values up to the last one
    return Math.ceil(inked / CHANNELS / WIDTH) * WIDTH;
  }

  /** What the model is given: what it goes on from, and nothing after it. */
  given() {
    return beginning(this.pixels, this.from);
  }

  #press(e) {
    this.#canvas.setPointerCapture(e.pointerId);
    this.#keyed = false;
    this.#last = under(e, this.#canvas);
    this.#stroke(this.#last, e);
  }

  #move(e) {
    if (this.#last) {
      const now = under(e, this.#canvas);
      const steps = Math.max(Math.abs(now[0] - this.#last[0]), Math.abs(now[1] - this.#last[1]), 1);
      for (let k = 1; k <= steps; k++) {
        const between = [0, 1].map((i) => Math.round(this.#last[i] + ((now[i] - this.#last[i]) * k) / steps));
        this.#stroke(between, e);
      }
      this.#last = now;
    }
  }

  #stroke([x, y], e) {
    const levels = this.erasing || e.buttons === 2 ? this.#nothing() : this.pen;
    for (const [dx, dy] of BRUSH) {
      this.#put(x + dx, y + dy, levels);
    }
    this.#cursor = nearest([x, y]);
    this.#edited();
  }

  #nothing() {
    return "\0".repeat(CHANNELS);
  }

  #put(x, y, levels) {
    if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT) {
      this.pixels = withPixel(this.pixels, y * WIDTH + x, levels);
    }
  }

  #edited() {
    if (!this.chosen) {
      this.from = this.auto();
    }
    this.paint();
    this.changed();
  }

  #key(e) {
    if (e.key.startsWith("Arrow")) {
      this.#cursor = beside(this.#cursor, e.key) ?? this.#cursor;
    } else if (e.key === " ") {
      const there = pixelOf(this.pixels, this.#cursor);
      this.#put(column(this.#cursor), row(this.#cursor), there === this.pen ? this.#nothing() : this.pen);
      this.#edited();
    } else if (e.key.toLowerCase() === "g" && !e.ctrlKey && !e.metaKey) {
      this.from = this.#cursor;
      this.chosen = true;
      this.changed();
      this.go();
    } else {
      return;
    }
    e.preventDefault();
    this.#keyed = true;
    this.paint();
    const colour = say(pixelOf(this.pixels, this.#cursor));
    this.#where.textContent = `row ${row(this.#cursor)}, column ${column(this.#cursor)}, ${colour}`;
  }

  paint() {
    const c = this.#canvas.getContext("2d");
    c.fillStyle = "#0c0f13";
    c.fillRect(0, 0, WIDTH * this.#cell, HEIGHT * this.#cell);
    for (let p = 0; p < PIXELS; p++) {
      const x = column(p) * this.#cell;
      const y = row(p) * this.#cell;
      const levels = pixelOf(this.pixels, p);
      if (p >= this.from) {
        c.fillStyle = "#262d36"; // the model's
        c.fillRect(x, y, this.#cell, this.#cell);
      }
      if (!isBlank(levels) || (p < this.from && !BLACK_OR_WHITE)) {
        c.globalAlpha = p < this.from ? 1 : 0.3;
        c.fillStyle = `rgb(${shownAs(levels)})`;
        c.fillRect(x, y, this.#cell, this.#cell);
        c.globalAlpha = 1;
      }
    }
    this.#line(c);
    if (this.#keyed && document.activeElement === this.#canvas) {
      c.strokeStyle = "#ff8a4c";
      c.lineWidth = 3;
      const side = this.#cell - 3;
      c.strokeRect(column(this.#cursor) * this.#cell + 1.5, row(this.#cursor) * this.#cell + 1.5, side, side);
    }
  }

  /** Where the model goes on. */
  #line(c) {
    const y = row(this.from) * this.#cell;
    const x = column(this.from) * this.#cell;
    c.strokeStyle = "#58b0e6";
    c.lineWidth = 3;
    c.setLineDash([10, 6]);
    c.beginPath();
    if (x > 0) {
      c.moveTo(0, y + this.#cell);
      c.lineTo(x, y + this.#cell);
      c.lineTo(x, y);
    } else {
      c.moveTo(0, y);
    }
    c.lineTo(WIDTH * this.#cell, y);
    c.stroke();
    c.setLineDash([]);
  }
}
