package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import java.util.stream.Stream;

/// What an LSTM and a WaveNet read.
final class PreviousPixelCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(
            new int[][] {
              {1, 1, 1, 1},
              {3, 1, 5, 1},
              {2, 5, 1, 1},
              {5, 3, 7, 1},
              {1, 28, 28, 1},
              {1, 1, 1, 3},
              {3, 4, 3, 3},
              {2, 9, 11, 3},
              {2, 3, 2, 5}
            })
        .map(s -> previousPixel(s[0], s[1], s[2], s[3]));
  }

  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(previousPixel(64, 28, 28, 1), previousPixel(32, 32, 32, 3));
  }

  private static OpCase previousPixel(int n, int height, int side, int channels) {
    int length = height * side;
    String shape = "%dx%dx%d".formatted(n, height, side);
    return new CaseBuilder("previousPixel", channels == 1 ? shape : shape + "x" + channels)
        .levels("pixels", channels == 1 ? 2 : 256, n, length * channels)
        .out("y", n, length, channels + 2)
        .forward(0, call("previousPixel.forward", "pixels", side, "y"))
        .build();
  }
}
