package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// What a Transformer reads.
final class EmbedPreviousCases implements Cases {
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        embedPrevious(64, 784, 128, new Values(1, 2)),
        embedPrevious(32, 1024, 128, new Values(3, 256)));
  }

  /// Values of a pixel.
  private record Values(int channels, int levels) {
    private static final Values BINARY = new Values(1, 2);

    int rows() {
      return channels * levels;
    }

    @Override
    public String toString() {
      return channels == 1 ? "" + levels : "%d channels of %d".formatted(channels, levels);
    }
  }

  /// Images, places, width of an embedding, channels, levels: of so many levels that a GPU's block
  /// has sums for each in eight warps, in four, two and one, and tables that leave it room for
  /// several pieces of the rows, and for none.
  @Override
  public Stream<OpCase> all() {
    Stream<OpCase> whole =
        Stream.of(
                new int[][] {
                  {1, 1, 1, 1, 2},
                  {3, 2, 5, 1, 2},
                  {5, 31, 33, 1, 2},
                  {2, 33, 128, 1, 2},
                  {40, 29, 4, 1, 7},
                  {3, 7, 33, 3, 2},
                  {9, 85, 6, 2, 33},
                  {2, 40, 3, 1, 65},
                  {3, 300, 1, 1, 256},
                  {2, 23, 34, 3, 256}
                })
            .map(s -> embedPrevious(s[0], s[1], s[2], new Values(s[3], s[4])));
    Stream<OpCase> places =
        Stream.of(new int[][] {{1, 1, 1, 0}, {3, 7, 33, 0}, {5, 31, 32, 17}, {2, 33, 130, 32}})
            .map(s -> embedPreviousAt(s[0], s[1], s[2], s[3], Values.BINARY));
    Stream<OpCase> colours = Stream.of(embedPreviousAt(3, 12, 10, 11, new Values(3, 256)));
    return Stream.of(whole, places, colours).flatMap(s -> s);
  }

  private static CaseBuilder embedding(String op, String shape, int n, int t, int o, Values v) {
    CaseBuilder builder =
        new CaseBuilder(op, shape)
            .reduction((long) n * t)
            .levels("pixels", v.levels <= 7 ? 2 : v.levels, n, t * v.channels)
            .inFp32("table", 1, v.rows(), o)
            .inFp32("position", 1, t, o);
    double[] pixels = builder.find("pixels").values();
    for (int k = 0; k < pixels.length; k += 3) {
      pixels[k] = k % v.levels;
    }
    return builder;
  }

  private static OpCase embedPrevious(int n, int t, int o, Values v) {
    long size = (long) n * t * o;
    return embedding("embedPrevious", "%dx%dx%d of %s".formatted(n, t, o, v), n, t, o, v)
        .out("y", n, t, o)
        .gradients("y", "table", "position")
        .forward(v.channels * size, call("embedPrevious.forward", "pixels table position y"))
        .backward(
            (1 + v.channels) * size, call("embedPrevious.backward", "pixels dy dtable dposition"))
        .build();
  }

  private static OpCase embedPreviousAt(int n, int length, int o, int t, Values v) {
    String shape = "%dx%dx%d at %d".formatted(n, length, o, t);
    String named = v.equals(Values.BINARY) ? shape : shape + " of " + v;
    return embedding("embedPreviousAt", named, n, length, o, v)
        .out("y", n, o)
        .forward(
            (long) n * v.channels * o,
            call("embedPrevious.embedPreviousAt", "pixels", t, "table position y"))
        .build();
  }
}
