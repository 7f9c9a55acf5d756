// Colours and small pictures.
import { BLACK_OR_WHITE, CHANNELS, colour, HEIGHT, isBlank, LEVELS, pixelOf, PIXELS, WIDTH } from "./shape.js";

/** From never to always: matplotlib's magma at five places. */
const PROBABILITY = [[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]];
/** From no surprise to 4 nats a channel or more. */
const SURPRISE = [[10, 14, 20], [20, 60, 90], [0, 130, 140], [240, 200, 60], [255, 250, 235]];
const mostSurprise = () => 4 * CHANNELS;
/** The probability that is brightest: of many levels none is as likely as one of two. */
const mostLikely = () => Math.min(1, 16 / LEVELS);
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
export function surprise(odds, levels) {
  if (!BLACK_OR_WHITE) {
    return -odds;
  }
  const x = isBlank(levels) ? odds : -odds;
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** What a pixel looks like: red, green and blue. */
export const shownAs = (levels) => (BLACK_OR_WHITE ? (isBlank(levels) ? BLACK : WHITE) : colour(levels));

/** Fills a canvas by the colour of each pixel. */
function fill(canvas, colourOf) {
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  const data = context.createImageData(WIDTH, HEIGHT);
  for (let p = 0; p < PIXELS; p++) {
    const [r, g, b] = colourOf(p);
    data.data.set([r, g, b, 255], 4 * p);
  }
  context.putImageData(data, 0, 0);
}

/** An image as far as `shown`. */
export function image(canvas, pixels, shown = PIXELS) {
  fill(canvas, (p) => (p >= shown ? PAPER : shownAs(pixelOf(pixels, p))));
}

/** How likely white was, or else the level of a channel that was drawn: the geometric mean, at temperature 1. */
export function probabilities(canvas, odds, temperature, shown = PIXELS) {
  const likely = (p) => (BLACK_OR_WHITE ? sigmoid(odds[p] / temperature) : Math.exp(odds[p] / CHANNELS));
  fill(canvas, (p) => (p >= shown ? PAPER : along(PROBABILITY, likely(p) / mostLikely())));
}

/** How surprising each pixel was. */
export function surprises(canvas, pixels, odds, shown = PIXELS) {
  fill(canvas, (p) =>
    p >= shown ? PAPER : along(SURPRISE, surprise(odds[p], pixelOf(pixels, p)) / mostSurprise()));
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
  const most = mostLikely() === 1 ? "100 %" : `${100 * mostLikely()} % or more`;
  const [low, high] = kind === "surprise" ? ["0", `${mostSurprise()} nats or more`] : ["0 %", most];
  element.replaceChildren(low, canvas, high);
}

/** Nats of the first pixels. */
export function nats(pixels, odds, count) {
  let sum = 0;
  for (let p = 0; p < count; p++) {
    sum += surprise(odds[p], pixelOf(pixels, p));
  }
  return sum;
}

/** Nats of so many pixels, and bits of each of their values. */
export function natsAndBits(value, pixels) {
  const bits = value / Math.LN2 / Math.max(1, pixels * CHANNELS);
  return `${value.toFixed(1)} nats, ${bits.toFixed(2)}\u00a0bits/dim`;
}
