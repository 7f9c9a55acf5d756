package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Which class an image is of, by a model that is conditioned on classes and Bayes' rule: p(y | x)
/// is proportional to p(x | y)·p(y).
///
/// @param scores of each image (N,K): log p(x | y) + log p(y), in nats
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Classification(double[][] scores) {
  private static final int ROWS = 240; // of a pass: images times classes

  /// Of all test images, each under all classes. Where the protocol draws pixels several times,
  /// their likelihood is the geometric mean over them, as nats are the mean.
  ///
  /// @param prior p(y) of each class
  public static Classification of(
      Backend backend, AutoregressiveModel model, Dataset test, Protocol protocol, double[] prior) {
    return mean(
        IntStream.range(0, protocol.binarizations())
            .mapToObj(pass -> of(backend, model, test, protocol, prior, pass))
            .toList());
  }

  private static Classification of(
      Backend backend,
      AutoregressiveModel model,
      Dataset test,
      Protocol protocol,
      double[] prior,
      int pass) {
    int classes = prior.length;
    // so many at a time that all classes of an image are in a pass, unless these are too many
    int size = Math.max(1, ROWS / classes);
    double[][] scores = new double[test.count()][classes];
    for (Batch batch : protocol.batches(test, size).epoch(pass)) {
      float[] nll = nll(backend, model, batch.pixels(), batch.count(), classes);
      for (int row = 0; row < nll.length; row++) {
        int y = row % classes;
        scores[batch.index() * size + row / classes][y] = Math.log(prior[y]) - nll[row];
      }
    }
    return new Classification(scores);
  }

  /// That of images which were looked at several times, as their pixels were drawn anew.
  public static Classification mean(List<Classification> all) {
    double[][] scores = new double[all.getFirst().images()][all.getFirst().scores[0].length];
    for (Classification each : all) {
      for (int image = 0; image < scores.length; image++) {
        for (int y = 0; y < scores[image].length; y++) {
          scores[image][y] += each.scores[image][y] / all.size();
        }
      }
    }
    return new Classification(scores);
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

  /// The share of labelled images whose class is the likeliest.
  public double accuracy(Dataset labelled) {
    long right =
        IntStream.range(0, images()).filter(image -> best(image) == labelled.label(image)).count();
    return (double) right / images();
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
