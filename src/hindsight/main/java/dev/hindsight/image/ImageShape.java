package dev.hindsight.image;

import dev.hindsight.error.UserException;

/// What all images of a data set have in common, and those that a model learns from and draws.
/// Pixels are numbered in raster order, row by row from the top.
///
/// @param channels of a pixel: 1, since all images are grey
/// @param levels of a channel: 2, since all pixels are black or white to a model
public record ImageShape(int height, int width, int channels, int levels) {
  /// Of a side.
  public static final int LONGEST_SIDE = 4096;

  /// Of an image.
  public static final int MOST_PIXELS = 1 << 20;

  /// That of MNIST and of the sets that follow it.
  public static final ImageShape MNIST = new ImageShape(28, 28);

  public ImageShape {
    if (!isPossible(height, width)) {
      throw new UserException(
          "images of %dx%d pixels; sides may be 1 to %d pixels long, and an image have 2 to %d"
              .formatted(height, width, LONGEST_SIDE, MOST_PIXELS));
    }
    if (channels != 1 || levels != 2) {
      throw new UserException(
          "images of %d channels with %d levels; only those of 1 channel with 2 levels are known"
              .formatted(channels, levels));
    }
  }

  /// Of one channel, whose pixels are 0 or 1.
  public ImageShape(int height, int width) {
    this(height, width, 1, 2);
  }

  /// Whether there may be images of these sides. Nothing can be told of a single pixel by those
  /// before it.
  public static boolean isPossible(int height, int width) {
    boolean sides = height >= 1 && height <= LONGEST_SIDE && width >= 1 && width <= LONGEST_SIDE;
    return sides && height * width >= 2 && height * width <= MOST_PIXELS;
  }

  /// Of an image.
  public int pixels() {
    return height * width;
  }

  /// In which row a pixel lies, from 0.
  public int row(int pixel) {
    return pixel / width;
  }

  /// In which column a pixel lies, from 0.
  public int column(int pixel) {
    return pixel % width;
  }

  /// Nats of an image as bits for each of its dimensions, which are its pixels' channels.
  public double bitsPerDim(double nats) {
    return nats / (pixels() * Math.log(2));
  }

  /// Height and width: `28x28`.
  @Override
  public String toString() {
    return height + "x" + width;
  }
}
