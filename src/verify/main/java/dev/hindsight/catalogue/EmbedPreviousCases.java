package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// What a Transformer reads.
final class EmbedPreviousCases implements Cases {
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(embedPrevious(64, 784, 128, 2));
  }

  @Override
  public Stream<OpCase> all() {
    Stream<OpCase> whole =
        Stream.of(
                new int[][] {
                  {1, 1, 1, 2}, {3, 2, 5, 2}, {5, 31, 33, 2}, {2, 33, 128, 2}, {40, 29, 4, 7}
                })
            .map(s -> embedPrevious(s[0], s[1], s[2], s[3]));
    Stream<OpCase> places =
        Stream.of(new int[][] {{1, 1, 1, 0}, {3, 7, 33, 0}, {5, 31, 32, 17}, {2, 33, 130, 32}})
            .map(s -> embedPreviousAt(s[0], s[1], s[2], s[3]));
    return Stream.concat(whole, places);
  }

  private static CaseBuilder embedding(String op, String shape, int n, int t, int c, int v) {
    CaseBuilder builder =
        new CaseBuilder(op, shape)
            .reduction((long) n * t)
            .bits("pixels", n, t)
            .inFp32("table", 1, v, c)
            .inFp32("position", 1, t, c);
    double[] pixels = builder.find("pixels").values();
    for (int k = 0; k < pixels.length; k += 3) {
      pixels[k] = k % v;
    }
    return builder;
  }

  private static OpCase embedPrevious(int n, int t, int c, int v) {
    long size = (long) n * t * c;
    return embedding("embedPrevious", "%dx%dx%d of %d".formatted(n, t, c, v), n, t, c, v)
        .out("y", n, t, c)
        .gradients("y", "table", "position")
        .forward(size, call("embedPrevious.forward", "pixels", "table", "position", "y"))
        .backward(2 * size, call("embedPrevious.backward", "pixels", "dy", "dtable", "dposition"))
        .build();
  }

  private static OpCase embedPreviousAt(int n, int length, int c, int t) {
    String shape = "%dx%dx%d at %d".formatted(n, length, c, t);
    return embedding("embedPreviousAt", shape, n, length, c, 2)
        .out("y", n, c)
        .forward(
            (long) n * c,
            call("embedPrevious.embedPreviousAt", "pixels", t, "table", "position", "y"))
        .build();
  }
}
