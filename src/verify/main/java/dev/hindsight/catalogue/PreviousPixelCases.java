package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// What an LSTM and a WaveNet read.
final class PreviousPixelCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(new int[][] {{1, 1, 1}, {3, 1, 5}, {2, 5, 1}, {5, 3, 7}, {1, 28, 28}})
        .map(s -> previousPixel(s[0], s[1], s[2]));
  }

  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(previousPixel(64, 28, 28));
  }

  private static OpCase previousPixel(int n, int height, int side) {
    int length = height * side;
    return new CaseBuilder("previousPixel", "%dx%dx%d".formatted(n, height, side))
        .bits("pixels", n, length)
        .out("y", n, length, 3)
        .forward(0, call("previousPixel.forward", "pixels", side, "y"))
        .build();
  }
}
