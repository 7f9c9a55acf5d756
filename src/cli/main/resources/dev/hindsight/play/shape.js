// What the images are like, which all models of the page share.
//
// An image is a string that has a character for each value, pixel by pixel and of each its channels;
// the character's code is the level.

export let HEIGHT = 28;
export let WIDTH = 28;
export let PIXELS = HEIGHT * WIDTH;
export let CHANNELS = 1;
export let LEVELS = 2;
export let BLACK_OR_WHITE = true;

/** As the models have it, before anything is shown. */
export function use({ height, width, channels, levels }) {
  HEIGHT = height;
  WIDTH = width;
  PIXELS = height * width;
  CHANNELS = channels;
  LEVELS = levels;
  BLACK_OR_WHITE = channels === 1 && levels === 2;
}

export const row = (pixel) => Math.floor(pixel / WIDTH);
export const column = (pixel) => pixel % WIDTH;

/** The pixel beside this one that an arrow key leads to; null of another key, and beyond the border. */
export function beside(pixel, key) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -WIDTH, ArrowDown: WIDTH }[key];
  const to = pixel + step;
  return to >= 0 && to < PIXELS && (column(to) === column(pixel) || row(to) === row(pixel)) ? to : null;
}

/** Column and row under the pointer, which may have been dragged out of the canvas. */
export function under(e, canvas) {
  const box = canvas.getBoundingClientRect();
  return [
    Math.floor(((e.clientX - box.left) / box.width) * WIDTH),
    Math.floor(((e.clientY - box.top) / box.height) * HEIGHT),
  ];
}

/** The pixel of a column and a row, or the nearest one. */
export const nearest = ([x, y]) =>
  Math.min(Math.max(y, 0), HEIGHT - 1) * WIDTH + Math.min(Math.max(x, 0), WIDTH - 1);

/** The images in which the level is 0 everywhere. */
export const blank = () => "\0".repeat(PIXELS * CHANNELS);

/** Whether anything in it is not 0. */
export const isBlank = (image) => !/[^\0]/.test(image);

/** The levels of a pixel, as a string. */
export const pixelOf = (image, pixel) => image.slice(pixel * CHANNELS, (pixel + 1) * CHANNELS);

/** The first pixels of an image, and nothing behind them. */
export const beginning = (image, pixels) => image.slice(0, pixels * CHANNELS).padEnd(PIXELS * CHANNELS, "\0");

/** The same image with another pixel. */
export const withPixel = (image, pixel, levels) =>
  image.slice(0, pixel * CHANNELS) + levels + image.slice((pixel + 1) * CHANNELS);

/** Where each level is as far from the other end. */
export const negative = (levels) => levels.replace(/[^]/g, (c) => String.fromCharCode(LEVELS - 1 - c.charCodeAt(0)));

/** Red, green and blue, each 0 to 255. */
export function colour(levels) {
  const shown = Array.from(levels, (c) => Math.floor((c.charCodeAt(0) * 255) / (LEVELS - 1)));
  return shown.length === 1 ? [shown[0], shown[0], shown[0]] : shown;
}

/** The levels of a colour of 0 to 255, as a string. */
export const levelsOf = (rgb) =>
  String.fromCharCode(...rgb.slice(0, CHANNELS).map((c) => Math.floor((c * LEVELS) / 256)));

/** The levels of a pixel for people. */
export function say(levels) {
  if (BLACK_OR_WHITE) {
    return levels === "\0" ? "black" : "white";
  }
  const numbers = Array.from(levels, (c) => c.charCodeAt(0));
  return numbers.length === 1 ? `level ${numbers[0]}` : `red ${numbers[0]}, green ${numbers[1]}, blue ${numbers[2]}`;
}

/** As text that may stand in an attribute: 0 for the first level, and on from there. */
export const legible = (image) => image.replace(/[^]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 48));
