package dev.hindsight.data;

/// Some images of an epoch. Its buffer is refilled for the next batch, so it is valid until then.
public final class Batch {
  private final float[] pixels;
  private int index;
  private int count;

  /// @param each values of an image
  Batch(int capacity, int each) {
    pixels = new float[Math.multiplyExact(capacity, each)];
  }

  void set(int index, int count) {
    this.index = index;
    this.count = count;
  }

  /// (batch size, D), each a level; only the first [#count] images count.
  public float[] pixels() {
    return pixels;
  }

  /// Number of images: the batch size, or less in the last batch of an evaluation.
  public int count() {
    return count;
  }

  /// Which batch of the epoch it is, from 0.
  public int index() {
    return index;
  }
}
