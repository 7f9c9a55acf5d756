package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;
import static dev.hindsight.catalogue.Kernel.left;
import static dev.hindsight.catalogue.Kernel.upTo;

import dev.hindsight.backend.Taps;
import java.util.stream.Stream;

/// The horizontal half of Gated PixelCNN's block. Sizes are images, rows, columns, channels.
final class GatedBlockCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(
        block(1, 1, 1, 1, left(1)),
        block(2, 3, 5, 3, left(7)),
        block(1, 5, 4, 8, left(5)),
        block(3, 2, 11, 2, left(3)),
        block(2, 7, 5, 17, left(7)),
        block(1, 6, 11, 34, left(5)),
        block(2, 5, 7, 32, left(7)),
        block(1, 3, 11, 4, left(9)),
        block(1, 7, 10, 33, upTo(3)),
        block(2, 4, 3, 5, Kernel.before(5)),
        block(1, 6, 4, 4, Kernel.withHoles()),
        block(1, 4, 8, 21, upTo(7)).withoutGradientChecks(), // a GPU cuts such sums
        blockWithout("dx"),
        blockWithout("dw"),
        blockWithout("dv"));
  }

  @Override
  public Stream<OpCase> largeTiles() {
    return Stream.of(block(2, 9, 8, 72, left(7)), block(1, 13, 11, 136, upTo(3)))
        .map(OpCase::withoutGradientChecks);
  }

  @Override
  public Stream<OpCase> tallTiles() {
    return Stream.of(block(3, 13, 11, 72, left(7)).withoutGradientChecks());
  }

  /// The size that Gated PixelCNN trains with, of fewer images.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(block(8, 28, 28, 96, left(7)));
  }

  private static OpCase blockWithout(String name) {
    return builder(" without " + name, 2, 3, 5, 6, left(3)).without(name).build();
  }

  private static OpCase block(int b, int h, int w, int c, Kernel kernel) {
    return builder("", b, h, w, c, kernel).build();
  }

  private static CaseBuilder builder(String note, int b, int h, int w, int c, Kernel kernel) {
    Taps taps = kernel.taps();
    int pixels = b * h * w;
    long flops = 2L * pixels * c * (2L * c * taps.count() + c);
    String shape = "%dx%dx%dx%d %s%s".formatted(b, h, w, c, kernel, note);
    return new CaseBuilder("gatedBlock", shape)
        .reduction(Math.max(pixels, 2L * taps.count() * c))
        .in("x", 1, b, h, w, c)
        .weight("w", 1 / Math.sqrt(taps.count() * c), taps.count(), 2 * c, c)
        .in("vertical", 0.5, b, h, w, 2 * c)
        .weight("v", 1 / Math.sqrt(c), c, c)
        .out("ts", b, h, w, 2 * c)
        .out("g", b, h, w, c)
        .out("y", b, h, w, c)
        .gradients("y", "x", "w", "vertical", "v")
        .forward(flops, call("gatedBlock.forward", "x w v", taps, "vertical ts g y"))
        .backward(
            2 * flops,
            call("gatedBlock.backward", "x w v", taps, "ts g dy dx dw", null, "dv"),
            call("add.accumulate", "ts dvertical"),
            call("add.accumulate", "dy dx")) // by the residual path
        .backwardTouches("x", "w", "v", "ts", "ts", "g", "dy");
  }
}
