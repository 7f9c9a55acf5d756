package dev.hindsight.model;

import dev.hindsight.image.ImageShape;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// An order of the pixels of an image, in which a model predicts one after the other. A pixel is a
/// number in raster order, as everywhere; a place is a number in this order.
public final class PixelOrder {
  private final int index;
  private final int[] pixels; // by place
  private final int[] places; // by pixel

  private PixelOrder(int index, int[] pixels) {
    this.index = index;
    this.pixels = pixels;
    this.places = new int[pixels.length];
    for (int place = 0; place < pixels.length; place++) {
      places[pixels[place]] = place;
    }
  }

  /// Row by row from the top, as most models have it.
  public static PixelOrder raster(ImageShape shape) {
    return new PixelOrder(0, IntStream.range(0, shape.pixels()).toArray());
  }

  /// Raster order of the image as it looks turned over.
  ///
  /// @param index 0: rows from the top, each from the left; 1: from the bottom, each from the
  ///   right; 2: from the top, each from the right; 3: from the bottom, each from the left; 4 to 7:
  ///   the same of a square image's columns, where top and left, bottom and right change places
  public static PixelOrder symmetry(ImageShape shape, int index) {
    boolean columns = index >= 4;
    boolean backward = index % 4 == 1 || index % 4 == 3; // line by line
    boolean reversed = index % 4 == 1 || index % 4 == 2; // within a line
    int[] pixels =
        IntStream.range(0, shape.pixels())
            .map(
                place -> {
                  int width = shape.width();
                  int line = backward ? shape.height() - 1 - place / width : place / width;
                  int along = reversed ? width - 1 - place % width : place % width;
                  return columns ? along * width + line : line * width + along;
                })
            .toArray();
    return new PixelOrder(index, pixels);
  }

  /// Which of a model's orders it is, from 0, which is raster order.
  public int index() {
    return index;
  }

  public boolean isRaster() {
    return IntStream.range(0, pixels.length).allMatch(place -> pixels[place] == place);
  }

  /// What stands at a place.
  public int pixel(int place) {
    return pixels[place];
  }

  /// Where a pixel stands.
  public int place(int pixel) {
    return places[pixel];
  }

  /// What stands at each place, where each pixel has so many numbers, which stay together.
  public int[] pixels(int each) {
    return repeated(pixels, each);
  }

  /// Where the numbers of each pixel stand.
  public int[] places(int each) {
    return repeated(places, each);
  }

  private static int[] repeated(int[] of, int each) {
    return IntStream.range(0, of.length * each).map(k -> of[k / each] * each + k % each).toArray();
  }

  /// Images in this order.
  ///
  /// @param byPixel (B,pixels,each)
  public float[] byPlace(float[] byPixel, int each) {
    return taken(byPixel, pixels(each));
  }

  /// The way back.
  public float[] byPixel(float[] byPlace, int each) {
    return taken(byPlace, places(each));
  }

  private static float[] taken(float[] values, int[] indices) {
    float[] taken = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      int at = k % indices.length;
      taken[k] = values[k - at + indices[at]];
    }
    return taken;
  }

  /// The same pixels in the same order, under the same index.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PixelOrder order
        && order.index == index
        && Arrays.equals(order.pixels, pixels);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(pixels) + index;
  }
}
