// What people draw with.
import { CHANNELS, LEVELS, levelsOf } from "./shape.js";
import { element } from "./player.js";

/**
 * A field to choose it with.
 *
 * @param changed is called with the levels of a pixel, at once and after each choice
 */
export function pen(changed) {
  return CHANNELS === 1 ? greyPen(changed) : colourPen(changed);
}

function greyPen(changed) {
  const input = element("input", { type: "range", min: 0, max: LEVELS - 1, step: 1, value: LEVELS - 1 });
  const value = element("output");
  const choose = () => {
    value.textContent = `${input.value} of ${LEVELS - 1}`;
    changed(String.fromCharCode(Number(input.value)));
  };
  input.addEventListener("input", choose);
  choose();
  return ["Grey of the pen ", value, input];
}

function colourPen(changed) {
  const input = element("input", { type: "color", value: "#ffffff" });
  const choose = () =>
    changed(levelsOf([1, 3, 5].map((at) => parseInt(input.value.slice(at, at + 2), 16))));
  input.addEventListener("input", choose);
  choose();
  return ["Colour of the pen ", input];
}
