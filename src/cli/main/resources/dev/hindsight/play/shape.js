// The size of the images, which all models of the page share.

export let HEIGHT = 28;
export let WIDTH = 28;
export let PIXELS = HEIGHT * WIDTH;

/** As the models have it, before anything is shown. */
export function use({ height, width }) {
  HEIGHT = height;
  WIDTH = width;
  PIXELS = height * width;
}
