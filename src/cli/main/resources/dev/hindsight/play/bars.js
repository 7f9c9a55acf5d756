// The probability of each level of a pixel, a bar each, a chart for each channel.
import { CHANNELS } from "./shape.js";
import { element } from "./player.js";

const WIDTH = 256;
const HEIGHT = 48;
const NAMES = ["red", "green", "blue"];
const COLOURS = ["#d03a2b", "#2c9a43", "#2f6fd6"];

/**
 * @param probabilities of each level, of each channel
 * @param levels that the pixel has, which are marked
 * @param ink of the page, and what marks a bar
 */
export function bars(probabilities, levels, { ink, mark }) {
  return probabilities.map((channel, c) => {
    const level = levels.charCodeAt(c);
    const likely = `${(100 * channel[level]).toFixed(2)}\u00a0%`;
    const name = CHANNELS === 1 ? "grey" : NAMES[c];
    const canvas = element("canvas", { width: WIDTH, height: HEIGHT, className: "bars" });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Probability of each level of ${name}`);
    draw(canvas.getContext("2d"), channel, level, CHANNELS === 1 ? ink : COLOURS[c], mark);
    return element("figure", {}, canvas, element("figcaption", {}, `${name}: level ${level} has ${likely}`));
  });
}

function draw(context, channel, level, colour, mark) {
  const most = Math.max(...channel);
  const each = WIDTH / channel.length;
  channel.forEach((probability, k) => {
    const high = (HEIGHT - 4) * (probability / most);
    context.fillStyle = colour;
    context.fillRect(k * each, HEIGHT - 4 - high, Math.max(1, each - (each > 4 ? 1 : 0)), high);
  });
  context.fillStyle = mark;
  context.fillRect(level * each, HEIGHT - 4, Math.max(4, each), 4);
}
