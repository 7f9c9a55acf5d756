package dev.hindsight.image;

import dev.hindsight.error.UserException;
import java.io.Serializable;

/// What all images of a data set have in common, and those that a model learns from and draws.
///
/// An image has D values: pixels in raster order, row by row from the top, and of each pixel its
/// channels. Value `pixel · channels + channel` is a level, a whole number from 0 on.
///
/// @param channels of a pixel: 1, grey, or 3, red, green and blue
/// @param levels of a value: a power of two from 2, black or white, to 256
public record ImageShape(int height, int width, int channels, int levels) implements Serializable {
  /// Of a side.
  public static final int LONGEST_SIDE = 4096;

  /// Of an image.
  public static final int MOST_PIXELS = 1 << 20;

  /// A byte.
  public static final int MOST_LEVELS = 256;

  /// That of MNIST and of the sets that follow it, of black and white pixels.
  public static final ImageShape MNIST = new ImageShape(28, 28);

  public ImageShape {
    if (!isPossible(height, width)) {
      throw new UserException(
          "images of %dx%d pixels; sides may be 1 to %d pixels long, and an image have 2 to %d"
              .formatted(height, width, LONGEST_SIDE, MOST_PIXELS));
    }
    if (channels != 1 && channels != 3) {
      throw new UserException(
          "images of %d channels; a pixel may have 1, grey, or 3, red, green and blue"
              .formatted(channels));
    }
    if (levels < 2 || levels > MOST_LEVELS || Integer.bitCount(levels) != 1) {
      throw new UserException(
          "images of %d levels; levels may be 2, 4, 8, 16, 32, 64, 128 or 256".formatted(levels));
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

  /// The same images with values of so many levels.
  public ImageShape withLevels(int count) {
    return new ImageShape(height, width, channels, count);
  }

  /// Of an image.
  public int pixels() {
    return height * width;
  }

  /// Of an image, its D: pixels times channels.
  public int values() {
    return pixels() * channels;
  }

  /// Of which pixel a value is.
  public int pixel(int value) {
    return value / channels;
  }

  /// Of which channel a value is.
  public int channel(int value) {
    return value % channels;
  }

  /// In which row a pixel lies, from 0.
  public int row(int pixel) {
    return pixel / width;
  }

  /// In which column a pixel lies, from 0.
  public int column(int pixel) {
    return pixel % width;
  }

  /// Whether a value is 0 or 1.
  public boolean binary() {
    return levels == 2;
  }

  /// Nats of an image as bits for each of its dimensions, which are its values.
  public double bitsPerDim(double nats) {
    return nats / (values() * Math.log(2));
  }

  /// `28x28`, `32x32x3 of 256 levels`: height, width, and what is not one binary channel.
  @Override
  public String toString() {
    String size = height + "x" + width + (channels == 1 ? "" : "x" + channels);
    return binary() ? size : size + " of " + levels + " levels";
  }
}
