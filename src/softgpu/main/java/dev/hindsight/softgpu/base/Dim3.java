package dev.hindsight.softgpu.base;

/// Extent of a grid or a block, or the place of a block or thread in it.
public record Dim3(int x, int y, int z) {
  public Dim3(int x) {
    this(x, 1, 1);
  }

  public Dim3(int x, int y) {
    this(x, y, 1);
  }

  /// How many places there are.
  public long count() {
    return (long) x * y * z;
  }

  /// The place whose number is `index`, x fastest.
  public Dim3 at(long index) {
    return new Dim3((int) (index % x), (int) (index / x % y), (int) (index / x / y));
  }

  @Override
  public String toString() {
    return "(" + x + "," + y + "," + z + ")";
  }
}
