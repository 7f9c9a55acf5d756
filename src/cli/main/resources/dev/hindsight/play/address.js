// What is on the page stands in its address, so that whoever gets the address sees the same.
import { PIXELS } from "./shape.js";

const DEFAULTS = { room: "draw", from: "0", seed: "0", temperature: "1", count: "4", speed: "3" };

function parameters() {
  return new URLSearchParams(location.hash.slice(1));
}

export function read(name) {
  return parameters().get(name) ?? DEFAULTS[name] ?? "";
}

/** A whole number from the address, or the default where it is none. */
export function number(name, least, most) {
  const value = Number(read(name));
  return Number.isFinite(value) && value >= least && value <= most ? value : Number(DEFAULTS[name]);
}

export function write(values) {
  const all = parameters();
  for (const [name, value] of Object.entries(values)) {
    if (String(value) === (DEFAULTS[name] ?? "")) {
      all.delete(name);
    } else {
      all.set(name, value);
    }
  }
  const hash = all.toString();
  if (hash !== location.hash.slice(1)) {
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  }
}

/** An image of characters 0 and 1 as Base64, eight pixels a byte, and back. */
export function pack(image) {
  const bytes = Uint8Array.from({ length: Math.ceil(PIXELS / 8) }, (_, k) =>
    parseInt(image.slice(8 * k, 8 * k + 8).padEnd(8, "0"), 2));
  const text = btoa(String.fromCharCode(...bytes));
  return /[^A=]/.test(text) ? text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : "";
}

export function unpack(text) {
  const blank = "0".repeat(PIXELS);
  try {
    const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return bytes.length === Math.ceil(PIXELS / 8)
      ? Array.from(bytes, (c) => c.charCodeAt(0).toString(2).padStart(8, "0")).join("").slice(0, PIXELS)
      : blank;
  } catch {
    return blank;
  }
}
