package dev.hindsight.catalogue;

import java.util.stream.Stream;

/// How sequence models read pixels.
final class InputCases {
  private InputCases() {}

  static Stream<OpCase> previousPixel() {
    return Stream.of(new int[][] {{1, 1, 1}, {3, 1, 5}, {2, 5, 1}, {5, 3, 7}, {1, 28, 28}})
        .map(s -> previousPixel(s[0], s[1], s[2]));
  }

  static Stream<OpCase> seedSizes() {
    return Stream.of(previousPixel(64, 28, 28), embedPrevious(64, 784, 128, 2));
  }

  private static OpCase previousPixel(int n, int height, int side) {
    int length = height * side;
    return new CaseBuilder("previousPixel", "%dx%dx%d".formatted(n, height, side))
        .bits("pixels", n, length)
        .out("y", n, length, 3)
        .forward(0, (b, t) -> b.inputs().previousPixel(t.apply("pixels"), side, t.apply("y")))
        .build();
  }

  static Stream<OpCase> embedPrevious() {
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
            .in("table", 1, v, c)
            .in("position", 1, t, c);
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
        .cotangent("y")
        .gradient("table", "y")
        .gradient("position", "y")
        .forward(
            size,
            (b, x) ->
                b.inputs()
                    .embedPrevious(
                        x.apply("pixels"), x.apply("table"), x.apply("position"), x.apply("y")))
        .backward(
            2 * size,
            (b, x) ->
                b.inputs()
                    .embedPreviousBackward(
                        x.apply("pixels"), x.apply("dy"), x.apply("dtable"), x.apply("dposition")))
        .build();
  }

  private static OpCase embedPreviousAt(int n, int length, int c, int t) {
    String shape = "%dx%dx%d at %d".formatted(n, length, c, t);
    return embedding("embedPreviousAt", shape, n, length, c, 2)
        .out("y", n, c)
        .forward(
            (long) n * c,
            (b, x) ->
                b.inputs()
                    .embedPreviousAt(
                        x.apply("pixels"), t, x.apply("table"), x.apply("position"), x.apply("y")))
        .build();
  }
}
