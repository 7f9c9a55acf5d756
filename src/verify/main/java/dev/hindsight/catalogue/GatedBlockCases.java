package dev.hindsight.catalogue;

import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Taps;
import java.util.stream.Stream;

/// The horizontal half of Gated PixelCNN's block.
final class GatedBlockCases {
  private GatedBlockCases() {}

  /// Images, rows, columns, channels.
  private record Images(int b, int h, int w, int c) {
    @Override
    public String toString() {
      return "%dx%dx%dx%d".formatted(b, h, w, c);
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
        block(new Images(1, 1, 1, 1), left(1)),
        block(new Images(2, 3, 5, 3), left(7)),
        block(new Images(1, 5, 4, 8), left(5)),
        block(new Images(3, 2, 11, 2), left(3)),
        block(new Images(2, 7, 5, 17), left(7)),
        block(new Images(1, 6, 11, 34), left(5)),
        block(new Images(2, 5, 7, 32), left(7)),
        block(new Images(1, 3, 11, 4), left(9)),
        block(new Images(1, 7, 10, 33), new Kind("up to", Taps.upTo(3))),
        block(new Images(2, 4, 3, 5), new Kind("before", Taps.before(5))),
        block(new Images(1, 6, 4, 4), new Kind("with holes", new Taps(4, 0b0010_1101_1001_0110))),
        // a GPU cuts such sums
        block(new Images(1, 4, 8, 21), new Kind("up to", Taps.upTo(7))).withoutGradientChecks(),
        blockWithout("dx"),
        blockWithout("dw"),
        blockWithout("dv"));
  }

  static Stream<OpCase> largeTiles() {
    return Stream.of(
        block(new Images(2, 9, 8, 72), left(7)).withoutGradientChecks(),
        block(new Images(1, 13, 11, 136), new Kind("up to", Taps.upTo(3))).withoutGradientChecks());
  }

  static Stream<OpCase> tallTiles() {
    return Stream.of(block(new Images(3, 13, 11, 72), left(7)).withoutGradientChecks());
  }

  /// The size that Gated PixelCNN trains with, of fewer images.
  static Stream<OpCase> seedSizes() {
    return Stream.of(block(new Images(8, 28, 28, 96), left(7)));
  }

  private static Kind left(int k) {
    return new Kind("left", Taps.left(k, true));
  }

  private static OpCase block(Images s, Kind kind) {
    return block(s, kind, "");
  }

  /// Without the operand named: then what was in it must still be there.
  private static OpCase blockWithout(String name) {
    return block(new Images(2, 3, 5, 6), left(3), name).withoutGradientChecks();
  }

  private static GatedBlock.Weights weights(Operands m) {
    return new GatedBlock.Weights(m.apply("w"), m.apply("v"));
  }

  private static OpCase block(Images s, Kind kind, String without) {
    Taps taps = kind.taps();
    int c = s.c;
    int pixels = s.b * s.h * s.w;
    long flops = 2L * pixels * c * (2L * c * taps.count() + c);
    String note = without.isEmpty() ? "" : " without " + without;
    return new CaseBuilder("gatedBlock", s + " " + kind + note)
        .reduction(Math.max(pixels, 2L * taps.count() * c))
        .in("x", 1, s.b, s.h, s.w, c)
        .weight("w", 1 / Math.sqrt(taps.count() * c), taps.count(), 2 * c, c)
        .in("told", 0.5, s.b, s.h, s.w, 2 * c)
        .weight("v", 1 / Math.sqrt(c), c, c)
        .out("ts", s.b, s.h, s.w, 2 * c)
        .out("g", s.b, s.h, s.w, c)
        .out("y", s.b, s.h, s.w, c)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("told", "y")
        .gradient("v", "y")
        .forward(
            flops,
            (b, m) ->
                b.gatedBlock()
                    .forward(
                        m.apply("x"),
                        weights(m),
                        taps,
                        m.apply("told"),
                        m.apply("ts"),
                        m.apply("g"),
                        m.apply("y")))
        .backward(
            2 * flops,
            (b, m) -> {
              b.gatedBlock()
                  .backward(
                      m.apply("x"),
                      weights(m),
                      taps,
                      m.apply("ts"),
                      m.apply("g"),
                      m.apply("dy"),
                      new Gradients(
                          Without.gradient(without, m, "dx"),
                          Without.unless(without, m, "dw"),
                          null),
                      Without.unless(without, m, "dv"));
              b.add().accumulate(m.apply("ts"), m.apply("dtold"));
              if (!Without.names(without, "dx")) {
                b.add().accumulate(m.apply("dy"), m.apply("dx")); // by the residual path
              }
            })
        .backwardTouches("x", "w", "v", "ts", "ts", "g", "dy")
        .build();
  }
}
