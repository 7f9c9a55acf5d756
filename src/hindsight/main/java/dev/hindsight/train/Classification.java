package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// Which class an image is of, by a model that is conditioned on classes and Bayes' rule: p(y | x)
/// is proportional to p(x | y)·p(y).
///
/// @param scores of each image (N,K): log p(x | y) + log p(y), in nats
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Classification(double[][] scores) {
  private static final int ROWS = 240; // of a pass: images times classes

  /// Of all images of a pass, each under all classes.
  ///
  /// @param prior p(y) of each class
  public static Classification of(
      Backend backend, AutoregressiveModel model, Batches batches, double[] prior) {
    double[][] scores = new double[batches.data().count()][];
    int image = 0;
    for (Batch batch : batches.epoch(0)) {
      float[] nll = nll(backend, model, batch.pixels(), batch.count(), prior.length);
      for (int k = 0; k < batch.count(); k++) {
        double[] row = new double[prior.length];
        for (int y = 0; y < row.length; y++) {
          row[y] = Math.log(prior[y]) - nll[k * row.length + y];
        }
        scores[image++] = row;
      }
    }
    return new Classification(scores);
  }

  /// So many images at a time that all classes of one are in a pass, unless these are too many.
  public static int batch(int classes) {
    return Math.max(1, ROWS / classes);
  }

  /// How often each class occurs.
  public static double[] prior(Dataset training, int classes) {
    double[] prior = new double[classes];
    int labelled = 0;
    for (int image = 0; image < training.count(); image++) {
      int label = training.label(image);
      if (label >= 0) {
        prior[label]++;
        labelled++;
      }
    }
    for (int y = 0; y < classes; y++) {
      prior[y] /= labelled;
    }
    return prior;
  }

  /// Of images under each class (images·K), of which so many at a time are a pass.
  private static float[] nll(
      Backend backend, AutoregressiveModel model, float[] pixels, int images, int classes) {
    int values = model.shape().values();
    int rows = images * classes;
    float[] nll = new float[rows];
    for (int from = 0; from < rows; from += ROWS) {
      int count = Math.min(ROWS, rows - from);
      float[] x = new float[count * values];
      float[] labels = new float[count];
      for (int row = 0; row < count; row++) {
        System.arraycopy(pixels, (from + row) / classes * values, x, row * values, values);
        labels[row] = (from + row) % classes;
      }
      try (Scope scope = backend.open("classification")) {
        Tensor given = scope.tensor(backend.storage(), count, values);
        Tensor of = scope.floats(count);
        backend.write(given, x);
        backend.write(of, labels);
        Tensor found = model.nll(new Ops(backend, scope, null), given, of);
        System.arraycopy(backend.readFloats(found), 0, nll, from, count);
      }
    }
    return nll;
  }

  public int images() {
    return scores.length;
  }

  /// The likeliest class of an image.
  public int best(int image) {
    int best = 0;
    for (int y = 1; y < scores[image].length; y++) {
      best = scores[image][y] > scores[image][best] ? y : best;
    }
    return best;
  }

  /// log2 of the odds of the likeliest class over the second.
  public double evidenceBits(int image) {
    double[] sorted = scores[image].clone();
    Arrays.sort(sorted);
    int last = sorted.length - 1;
    return (sorted[last] - sorted[last - 1]) / Math.log(2);
  }

  /// Of scores up to a number that is the same for all.
  public static double[] posterior(double[] scores) {
    double top = Arrays.stream(scores).max().orElseThrow();
    double[] p = Arrays.stream(scores).map(s -> Math.exp(s - top)).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  /// -log2 p(y | x): how surprising it is that an image is of its class.
  public double surpriseBits(int image, int truth) {
    double[] row = scores[image];
    double top = Arrays.stream(row).max().orElseThrow();
    double sum = Arrays.stream(row).map(s -> Math.exp(s - top)).sum();
    return (top + Math.log(sum) - row[truth]) / Math.log(2);
  }
}
