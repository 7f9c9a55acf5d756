package dev.hindsight.data;

import org.jspecify.annotations.Nullable;

/// Some images of an epoch. Its buffer is refilled for the next batch, so it is valid until then.
public final class Batch {
  private final float[] pixels;
  private final float @Nullable [] labels;
  private int index;
  private int count;

  /// @param each values of an image
  /// @param labelled whether images have labels
  Batch(int capacity, int each, boolean labelled) {
    pixels = new float[Math.multiplyExact(capacity, each)];
    labels = labelled ? new float[capacity] : null;
  }

  void set(int index, int count) {
    this.index = index;
    this.count = count;
  }

  /// (batch size, D), each a level; only the first [#count] images count.
  public float[] pixels() {
    return pixels;
  }

  /// Of each image (batch size) its class from 0, or -1 where it has none or that is hidden; null
  /// where the data set has no labels.
  public float @Nullable [] labels() {
    return labels;
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
