package dev.hindsight.quality;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// The nearest of many images to each of some, by the distance of their values from 0 to 1.
///
/// @param images (queries) the number of the nearest one
/// @param distances (queries) to it: the root of the mean of squared differences
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record NearestImages(int[] images, double[] distances) {
  private static final int MOST_VALUES = 1 << 22; // of a block of images
  private static final int MOST_IMAGES = 1024;

  /// Looks through all of `among` for each of `queries`: `|x|² + |y|² - 2·x·y`, so that a backend's
  /// product does the work. The distance of what was found is computed again, in double.
  static NearestImages of(Backend backend, ImageSet queries, ImageSet among) {
    int values = queries.data().shape().values();
    int block = Math.clamp(MOST_VALUES / values, 1, MOST_IMAGES);
    int[] images = new int[queries.count()];
    double[] distances = new double[queries.count()];
    for (Batch batch : queries.batches(block).epoch(0)) {
      float[] x = unit(batch, queries, values);
      var search = new Search(x, batch.count());
      search.through(backend, among, block, values);
      System.arraycopy(search.nearest, 0, images, batch.index() * block, batch.count());
      System.arraycopy(search.distance, 0, distances, batch.index() * block, batch.count());
    }
    return new NearestImages(images, distances);
  }

  /// The values of a batch from 0 to 1, (count·D).
  static float[] unit(Batch batch, ImageSet of, int values) {
    float[] x = Arrays.copyOf(batch.pixels(), batch.count() * values);
    float most = of.data().shape().levels() - 1;
    for (int k = 0; k < x.length; k++) {
      x[k] /= most;
    }
    return x;
  }

  private static float squares(float[] x, int row, int values) {
    double sum = 0;
    for (int k = row * values; k < (row + 1) * values; k++) {
      sum += x[k] * x[k];
    }
    return (float) sum;
  }

  /// Of a block of queries.
  private static final class Search {
    private final float[] x;
    private final int count;
    private final float[] least; // |y|² - 2·x·y so far
    private final int[] nearest;
    private final double[] distance;

    Search(float[] x, int count) {
      this.x = x;
      this.count = count;
      least = new float[count];
      Arrays.fill(least, Float.POSITIVE_INFINITY);
      nearest = new int[count];
      distance = new double[count];
    }

    void through(Backend backend, ImageSet among, int block, int values) {
      for (Batch batch : among.batches(block).epoch(0)) {
        float[] y = unit(batch, among, values);
        float[] products = products(backend, y, batch.count(), values);
        float[] squares = new float[batch.count()];
        for (int k = 0; k < squares.length; k++) {
          squares[k] = squares(y, k, values);
        }
        for (int row = 0; row < count; row++) {
          int best = -1;
          for (int k = 0; k < squares.length; k++) {
            float apart = squares[k] - 2 * products[row * squares.length + k];
            if (apart < least[row]) {
              least[row] = apart;
              best = k;
            }
          }
          if (best >= 0) {
            nearest[row] = batch.index() * block + best;
            distance[row] = distance(row, y, best, values);
          }
        }
      }
    }

    /// (count,others)
    private float[] products(Backend backend, float[] y, int others, int values) {
      try (Scope scope = backend.open("products")) {
        Tensor left = scope.floats(count, values);
        Tensor right = scope.floats(others, values);
        backend.write(left, x);
        backend.write(right, y);
        var ops = new Ops(backend, scope, null);
        return backend.readFloats(ops.linear(left, right, null, Activation.IDENTITY));
      }
    }

    private double distance(int row, float[] y, int other, int values) {
      double sum = 0;
      for (int k = 0; k < values; k++) {
        double apart = x[row * values + k] - y[other * values + k];
        sum += apart * apart;
      }
      return Math.sqrt(sum / values);
    }
  }
}
