package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;
import static dev.hindsight.catalogue.Kernel.above;
import static dev.hindsight.catalogue.Kernel.before;
import static dev.hindsight.catalogue.Kernel.left;
import static dev.hindsight.catalogue.Kernel.upTo;

import dev.hindsight.backend.Taps;
import java.util.stream.Stream;

/// Convolutions over images, of every kind of taps. Sizes are images, rows, columns, inputs,
/// outputs.
final class MaskedConv2dCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(
        conv(1, 1, 1, 1, 1, upTo(1)),
        conv(1, 5, 7, 1, 3, before(7)),
        conv(2, 7, 5, 1, 33, before(5)),
        conv(1, 3, 2, 5, 7, upTo(7)),
        conv(2, 11, 13, 4, 8, upTo(5)),
        conv(1, 7, 11, 3, 5, upTo(9)),
        conv(3, 5, 3, 3, 1, upTo(5)),
        conv(1, 3, 5, 32, 2, upTo(5)),
        conv(2, 3, 11, 31, 5, before(3)),
        conv(1, 7, 9, 32, 67, upTo(3)),
        conv(2, 2, 3, 17, 2, upTo(1)),
        conv(2, 6, 5, 8, 16, above(7)),
        conv(1, 5, 4, 3, 5, aboveWithoutCentreRow()),
        conv(2, 4, 9, 8, 12, left(7)),
        conv(1, 3, 5, 2, 3, new Kernel("left without centre", Taps.left(3, false))),
        conv(2, 5, 3, 12, 7, new Kernel("one above", Taps.oneAbove())),
        conv(9, 1, 5, 3, 12, new Kernel("one right", Taps.oneRight())),
        conv(2, 4, 5, 3, 4, whole()),
        conv(1, 6, 4, 2, 5, Kernel.withHoles()));
  }

  /// Wide enough for minimal filtering, with tiles that an image's edge cuts.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(
        conv(2, 5, 13, 67, 64, upTo(7)),
        conv(1, 4, 28, 64, 67, above(7)),
        conv(3, 3, 11, 65, 66, aboveWithoutCentreRow()),
        conv(1, 7, 9, 64, 64, upTo(3)),
        conv(1, 6, 13, 64, 66, above(9)),
        conv(1, 2, 17, 64, 65, before(7)),
        conv(2, 4, 12, 66, 64, whole()));
  }

  @Override
  public Stream<OpCase> largeTiles() {
    return Stream.of(
        conv(2, 9, 8, 72, 136, upTo(3)),
        conv(1, 13, 11, 136, 72, upTo(5)),
        conv(1, 3, 67, 72, 72, left(7)));
  }

  @Override
  public Stream<OpCase> tallTiles() {
    return Stream.of(conv(3, 12, 11, 72, 136, upTo(3)));
  }

  @Override
  public Stream<OpCase> halvedTiles() {
    return Stream.of(conv(1, 7, 103, 24, 264, new Kernel("one above", Taps.oneAbove())));
  }

  /// The sizes that PixelCNN and Gated PixelCNN train with.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        conv(8, 28, 28, 1, 128, before(7)),
        conv(8, 28, 28, 128, 128, upTo(7)),
        conv(8, 28, 28, 96, 192, above(7)),
        conv(8, 28, 28, 96, 192, left(7)));
  }

  private static Kernel aboveWithoutCentreRow() {
    return new Kernel("above without centre row", Taps.above(5, false));
  }

  private static Kernel whole() {
    return new Kernel("all", new Taps(3, 0x1ff));
  }

  private static OpCase conv(int b, int h, int w, int i, int o, Kernel kernel) {
    Taps taps = kernel.taps();
    int depth = taps.count() * i;
    long flops = 2L * b * h * w * depth * o;
    return new CaseBuilder("maskedConv2d", "%dx%dx%dx%d to %d %s".formatted(b, h, w, i, o, kernel))
        .reduction(Math.max(b * h * w, Math.max(depth, taps.count() * o)))
        .in("x", 1, b, h, w, i)
        .weight("w", 1 / Math.sqrt(depth), taps.count(), o, i)
        .inFp32("b", 0.5, o)
        .out("y", b, h, w, o)
        .gradients("y", "x", "w", "b")
        .forward(flops, call("maskedConv2d.forward", "x w b", taps, "y"))
        .backward(2 * flops, call("maskedConv2d.backward", "x w", taps, "dy dx dw db"))
        .build();
  }
}
