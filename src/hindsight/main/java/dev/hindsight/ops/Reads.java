package dev.hindsight.ops;

import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Which places of a tensor x each place of a result y follows from. A place is one of equal parts
/// of a tensor, such as a row or an element.
///
/// @param places of y
/// @param sources how many places x has
/// @param inputs of each place of y, the places of x that it reads
/// @param states of each place of y, the other places of y that it reads: of a recurrence
public record Reads(int places, int sources, IntFunction<int[]> inputs, IntFunction<int[]> states) {
  private static final int[] NONE = {};

  public Reads(int places, int sources, IntFunction<int[]> inputs) {
    this(places, sources, inputs, _ -> NONE);
  }

  /// Each place reads the same one of x.
  public static Reads same(int places) {
    return new Reads(places, places, p -> new int[] {p});
  }

  /// The taps of a convolution over images x (B,H,W,I).
  public static Reads taps(Tensor x, Taps taps) {
    return new Reads(x.rows(), x.rows(), new Grid(x.dim(1), x.dim(2), x.dim(2)).at(taps));
  }

  /// So many taps of a convolution over sequences x (B,T,I), the last of which reads its own place.
  static Reads past(Tensor x, int taps, int dilation) {
    int[][] steps =
        IntStream.range(0, taps).mapToObj(k -> new int[] {0, -k * dilation}).toArray(int[][]::new);
    return new Reads(x.rows(), x.rows(), new Grid(1, x.dim(1), x.dim(1)).at(steps));
  }

  /// Each place of y (B,T,O) reads the pixel before it, all its channels.
  ///
  /// @param x (B,T·C), pixel by pixel
  /// @param channels C
  static Reads previous(Tensor x, int channels) {
    int length = x.channels() / channels;
    int places = Math.multiplyExact(x.rows(), length);
    return new Reads(places, places, new Grid(1, length, length).at(new int[] {0, -1}));
  }

  /// The same, and other places of y.
  Reads and(IntFunction<int[]> others) {
    return new Reads(places, sources, inputs, others);
  }

  /// Pairs of a place of y and one that it reads of x.
  public long inputPairs() {
    return pairs(inputs);
  }

  /// Pairs of a place of y and another one that it reads.
  public long statePairs() {
    return pairs(states);
  }

  private long pairs(IntFunction<int[]> read) {
    return IntStream.range(0, places).mapToLong(p -> read.apply(p).length).sum();
  }

  /// How places lie in images: `rows` of them, each `pitch` places behind the one above, in which
  /// `width` places are neighbours. A sequence is an image of one row.
  record Grid(int rows, int pitch, int width) {
    IntFunction<int[]> at(Taps taps) {
      return at(taps, 0);
    }

    /// Taps around the place so many rows further down.
    IntFunction<int[]> at(Taps taps, int down) {
      return at(
          IntStream.of(taps.live())
              .mapToObj(tap -> new int[] {down + taps.down(tap), taps.right(tap)})
              .toArray(int[][]::new));
    }

    /// The neighbours so many rows further down and columns to the right that exist.
    IntFunction<int[]> at(int[]... steps) {
      return place -> {
        int row = place / pitch % rows;
        int column = place % width;
        int[] found = new int[steps.length];
        int count = 0;
        for (int[] step : steps) {
          int down = row + step[0];
          int right = column + step[1];
          if (down >= 0 && down < rows && right >= 0 && right < width) {
            found[count++] = place + step[0] * pitch + step[1];
          }
        }
        return IntStream.of(found).limit(count).toArray();
      };
    }
  }
}
