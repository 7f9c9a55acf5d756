// What is on the page stands in its address, so that whoever gets the address sees the same.
import { BLACK_OR_WHITE, blank, CHANNELS, isBlank, LEVELS, PIXELS } from "./shape.js";

const DEFAULTS = { room: "draw", from: "0", seed: "0", temperature: "1", count: "4", speed: "3", class: "" };

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

/** An image as Base64, of black and white eight pixels a byte, and back. */
export function pack(image) {
  if (isBlank(image)) {
    return "";
  }
  const bytes = BLACK_OR_WHITE ? eights(image) : image;
  return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function eights(image) {
  return Array.from({ length: Math.ceil(PIXELS / 8) }, (_, k) => {
    const bits = Array.from({ length: 8 }, (_, bit) => image.charCodeAt(8 * k + bit) || 0);
    return String.fromCharCode(bits.reduce((byte, bit) => 2 * byte + bit, 0));
  }).join("");
}

export function unpack(text) {
  try {
    const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const image = BLACK_OR_WHITE ? pixels(bytes) : bytes;
    return isImage(image) ? image : blank();
  } catch {
    return blank();
  }
}

function pixels(bytes) {
  const bits = Array.from(bytes, (c) => c.charCodeAt(0).toString(2).padStart(8, "0")).join("");
  return bits.length === 8 * Math.ceil(PIXELS / 8)
    ? bits.slice(0, PIXELS).replace(/./g, (bit) => (bit === "1" ? "\x01" : "\0"))
    : "";
}

function isImage(image) {
  return image.length === PIXELS * CHANNELS && Array.from(image).every((c) => c.charCodeAt(0) < LEVELS);
}
