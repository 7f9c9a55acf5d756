package dev.hindsight.catalogue;

import dev.hindsight.backend.Taps;

/// The kernel of a convolution over images, with its name for people.
record Kernel(String name, Taps taps) {
  static Kernel before(int k) {
    return new Kernel("before", Taps.before(k));
  }

  static Kernel upTo(int k) {
    return new Kernel("up to", Taps.upTo(k));
  }

  static Kernel above(int k) {
    return new Kernel("above", Taps.above(k, true));
  }

  static Kernel left(int k) {
    return new Kernel("left", Taps.left(k, true));
  }

  static Kernel withHoles() {
    return new Kernel("with holes", new Taps(4, 0b0010_1101_1001_0110));
  }

  @Override
  public String toString() {
    return "%s %dx%d".formatted(name, taps.k(), taps.k());
  }
}
