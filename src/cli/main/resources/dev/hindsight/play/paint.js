// Colours and small pictures.
import { HEIGHT, PIXELS, WIDTH } from "./shape.js";

/** From never to always: matplotlib's magma at five places. */
const PROBABILITY = [[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]];
/** From no surprise to 4 nats or more. */
const SURPRISE = [[10, 14, 20], [20, 60, 90], [0, 130, 140], [240, 200, 60], [255, 250, 235]];
export const MOST_SURPRISE = 4;
const PAPER = [38, 45, 54]; // not yet drawn
const BLACK = [12, 15, 19];
const WHITE = [244, 246, 248];

function along(stops, x) {
  const at = Math.min(Math.max(x, 0), 1) * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  return stops[k].map((c, i) => Math.round(c + (stops[k + 1][i] - c) * (at - k)));
}

export const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

/** -log p of a pixel in nats. */
export function surprise(logit, value) {
  const x = value === "1" ? -logit : logit;
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** Fills a canvas by the colour of each pixel. */
function fill(canvas, colour) {
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const data = context.createImageData(WIDTH, HEIGHT);
  for (let p = 0; p < PIXELS; p++) {
    const [r, g, b] = colour(p);
    data.data.set([r, g, b, 255], 4 * p);
  }
  context.putImageData(data, 0, 0);
}

/** An image as far as `shown`. */
export function image(canvas, pixels, shown = PIXELS) {
  fill(canvas, (p) => (p >= shown ? PAPER : pixels[p] === "1" ? WHITE : BLACK));
}

/** How likely white was. */
export function probabilities(canvas, logits, temperature, shown = PIXELS) {
  fill(canvas, (p) => (p >= shown ? PAPER : along(PROBABILITY, sigmoid(logits[p] / temperature))));
}

/** How surprising each pixel was. */
export function surprises(canvas, pixels, logits, shown = PIXELS) {
  fill(canvas, (p) =>
    p >= shown ? PAPER : along(SURPRISE, surprise(logits[p], pixels[p]) / MOST_SURPRISE));
}

/** The scale that belongs to a map. */
export function scale(element, kind) {
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  for (let x = 0; x < 64; x++) {
    context.fillStyle = `rgb(${along(kind === "surprise" ? SURPRISE : PROBABILITY, x / 63)})`;
    context.fillRect(x, 0, 1, 1);
  }
  const [low, high] = kind === "surprise" ? ["0", `${MOST_SURPRISE} nats or more`] : ["0 %", "100 %"];
  element.replaceChildren(low, canvas, high);
}

/** Nats of the pixels `from .. to - 1`. */
export function nats(pixels, logits, from, to) {
  let sum = 0;
  for (let p = from; p < to; p++) {
    sum += surprise(logits[p], pixels[p]);
  }
  return sum;
}

export function natsAndBits(value) {
  return `${value.toFixed(1)} nats, ${(value / Math.LN2).toFixed(0)} bits`;
}
