package dev.hindsight.quality;

import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.data.Levels;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Protocol;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Images, and how their bytes become the levels that a model sees.
public record ImageSet(Dataset data, Binarize binarize) {

  /// Images whose values are levels already, as samples are.
  ///
  /// @param images (count·D)
  /// @param labels of which classes they are, for a model that is conditioned on them
  public static ImageSet ofLevels(
      String name, ImageShape shape, float[] images, @Nullable Labels labels) {
    byte[] bytes = new byte[images.length];
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) Levels.shown((int) images[k], shape.levels());
    }
    return new ImageSet(new Dataset(name, shape, bytes, labels), Binarize.THRESHOLD);
  }

  /// So many of them, drawn without replacement.
  public ImageSet draw(int count, RandomKey key) {
    int[] order = Philox.permutation(key, data.count());
    return new ImageSet(data.select(Arrays.copyOf(order, count)), binarize);
  }

  /// The same images in their mean where pixels are drawn anew in each epoch: grey ones.
  ImageSet mean() {
    return data.shape().binary() && binarize == Binarize.STOCHASTIC
        ? new ImageSet(data.withLevels(ImageShape.MOST_LEVELS), Binarize.THRESHOLD)
        : this;
  }

  /// Writes an image as it is shown, each value from 0 to 255.
  public void shown(int image, float[] to, int offset) {
    for (int value = 0; value < data.shape().values(); value++) {
      to[offset + value] = data.intensity(image, value);
    }
  }

  public int count() {
    return data.count();
  }

  /// In their order; pixels are drawn by a fixed key.
  Batches batches(int size) {
    return Batches.evaluation(data, size, binarize, Protocol.KEY);
  }
}
