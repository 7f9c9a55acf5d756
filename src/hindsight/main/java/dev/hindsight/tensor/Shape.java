package dev.hindsight.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/// Row-major extents. The last axis is always channels; all axes before it are rows.
public final class Shape {
  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  public static Shape of(int... dims) {
    for (int d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException(
            "shape: extents must not be negative but were " + Arrays.toString(dims));
      }
    }
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  public int dim(int axis) {
    return dims[axis];
  }

  public int[] dims() {
    return dims.clone();
  }

  /// Number of elements; fails when it does not fit a long.
  public long size() {
    long size = 1;
    for (int d : dims) {
      size = Math.multiplyExact(size, d);
    }
    return size;
  }

  public int channels() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  public int rows() {
    return channels() == 0 ? 0 : Math.toIntExact(size() / channels());
  }

  /// The same rows with another number of channels.
  public Shape withChannels(int channels) {
    int[] other = dims.clone();
    other[other.length - 1] = channels;
    return of(other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /// As in the papers: `(64, 784)`.
  @Override
  public String toString() {
    return Arrays.stream(dims)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
