package dev.hindsight.catalogue;

import dev.hindsight.backend.Taps;
import java.util.stream.Stream;

/// Convolutions over images, of every kind of taps.
final class MaskedConv2dCases {
  private MaskedConv2dCases() {}

  /// Images, rows, columns, inputs, outputs.
  private record Images(int b, int h, int w, int i, int o) {
    @Override
    public String toString() {
      return "%dx%dx%dx%d to %d".formatted(b, h, w, i, o);
    }
  }

  private record Kind(String name, Taps taps) {
    @Override
    public String toString() {
      return "%s %dx%d".formatted(name, taps.k(), taps.k());
    }
  }

  static Stream<OpCase> all() {
    return Stream.of(
        conv(new Images(1, 1, 1, 1, 1), upTo(1)),
        conv(new Images(1, 5, 7, 1, 3), before(7)),
        conv(new Images(2, 7, 5, 1, 33), before(5)),
        conv(new Images(1, 3, 2, 5, 7), upTo(7)),
        conv(new Images(2, 11, 13, 4, 8), upTo(5)),
        conv(new Images(1, 7, 11, 3, 5), upTo(9)),
        conv(new Images(3, 5, 3, 3, 1), upTo(5)),
        conv(new Images(1, 3, 5, 32, 2), upTo(5)),
        conv(new Images(2, 3, 11, 31, 5), before(3)),
        conv(new Images(1, 7, 9, 32, 67), upTo(3)),
        conv(new Images(2, 2, 3, 17, 2), upTo(1)),
        conv(new Images(2, 6, 5, 8, 16), new Kind("above", Taps.above(7, true))),
        conv(new Images(1, 5, 4, 3, 5), new Kind("above without centre row", Taps.above(5, false))),
        conv(new Images(2, 4, 9, 8, 12), new Kind("left", Taps.left(7, true))),
        conv(new Images(1, 3, 5, 2, 3), new Kind("left without centre", Taps.left(3, false))),
        conv(new Images(2, 5, 3, 12, 7), new Kind("one above", Taps.oneAbove())),
        conv(new Images(9, 1, 5, 3, 12), new Kind("one right", Taps.oneRight())),
        conv(new Images(2, 4, 5, 3, 4), new Kind("all", new Taps(3, 0x1ff))),
        conv(
            new Images(1, 6, 4, 2, 5), new Kind("with holes", new Taps(4, 0b0010_1101_1001_0110))));
  }

  /// Wide enough for minimal filtering, with tiles that an image's edge cuts.
  static Stream<OpCase> manyChannels() {
    return Stream.of(
        conv(new Images(2, 5, 13, 67, 64), upTo(7)),
        conv(new Images(1, 4, 28, 64, 67), new Kind("above", Taps.above(7, true))),
        conv(
            new Images(3, 3, 11, 65, 66),
            new Kind("above without centre row", Taps.above(5, false))),
        conv(new Images(1, 7, 9, 64, 64), upTo(3)),
        conv(new Images(1, 6, 13, 64, 66), new Kind("above", Taps.above(9, true))),
        conv(new Images(1, 2, 17, 64, 65), before(7)),
        conv(new Images(2, 4, 12, 66, 64), new Kind("all", new Taps(3, 0x1ff))));
  }

  static Stream<OpCase> largeTiles() {
    return Stream.of(
        conv(new Images(2, 9, 8, 72, 136), upTo(3)),
        conv(new Images(1, 13, 11, 136, 72), upTo(5)),
        conv(new Images(1, 3, 67, 72, 72), new Kind("left", Taps.left(7, true))));
  }

  static Stream<OpCase> tallTiles() {
    return Stream.of(conv(new Images(3, 12, 11, 72, 136), upTo(3)));
  }

  /// The sizes that PixelCNN and Gated PixelCNN train with.
  static Stream<OpCase> seedSizes() {
    return Stream.of(
        conv(new Images(8, 28, 28, 1, 128), before(7)),
        conv(new Images(8, 28, 28, 128, 128), upTo(7)),
        conv(new Images(8, 28, 28, 96, 192), new Kind("above", Taps.above(7, true))),
        conv(new Images(8, 28, 28, 96, 192), new Kind("left", Taps.left(7, true))));
  }

  private static Kind before(int k) {
    return new Kind("before", Taps.before(k));
  }

  private static Kind upTo(int k) {
    return new Kind("up to", Taps.upTo(k));
  }

  private static OpCase conv(Images s, Kind kind) {
    Taps taps = kind.taps();
    int depth = taps.count() * s.i;
    long flops = 2L * s.b * s.h * s.w * depth * s.o;
    return new CaseBuilder("maskedConv2d", s + " " + kind)
        .reduction(Math.max(s.b * s.h * s.w, Math.max(depth, taps.count() * s.o)))
        .in("x", 1, s.b, s.h, s.w, s.i)
        .weight("w", 1 / Math.sqrt(depth), taps.count(), s.o, s.i)
        .inFp32("b", 0.5, s.o)
        .out("y", s.b, s.h, s.w, s.o)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y")
        .forward(
            flops,
            (b, t) ->
                b.maskedConv2d()
                    .forward(t.apply("x"), t.apply("w"), t.apply("b"), taps, t.apply("y")))
        .backward(
            2 * flops,
            (b, t) ->
                b.maskedConv2d()
                    .backward(
                        t.apply("x"),
                        t.apply("w"),
                        taps,
                        t.apply("dy"),
                        t.gradients("dx", "dw", "db")))
        .build();
  }
}
