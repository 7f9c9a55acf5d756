package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How well a model predicts images.
///
/// @param nats mean negative log-likelihood per image, over all binarizations
/// @param standardError of `nats`, by how much images differ: the standard deviation of an image's
///   nats, divided by the root of the number of images; NaN for a single image
/// @param images how many were looked at
/// @param binarizations mean of each of them, in nats per image
public record Likelihood(
    double nats, double standardError, int images, List<Double> binarizations) {

  public Likelihood {
    binarizations = List.copyOf(binarizations);
  }

  /// Instead of an order: each batch in the next one of the model's, as in training. Of a model of
  /// one order that is this order.
  public static final int IN_TURN = -1;

  /// Of one pass over `batches`, each in the next order.
  public static Likelihood of(Backend backend, AutoregressiveModel model, Batches batches) {
    return of(backend, model, batches, 1, 0);
  }

  /// Of several passes, each over pixels that are binarized anew: epochs 0, 1, … of `batches`.
  ///
  /// @param orders see [#overOrders]
  public static Likelihood of(
      Backend backend, AutoregressiveModel model, Batches batches, int binarizations, int orders) {
    return of(each(backend, model, batches, binarizations, orders));
  }

  /// The negative log-likelihood of each image in each pass, as [#of] has it.
  static float[][] each(
      Backend backend, AutoregressiveModel model, Batches batches, int binarizations, int orders) {
    float[][] nll = new float[binarizations][];
    for (int k = 0; k < binarizations; k++) {
      int pass = k;
      nll[k] =
          overOrders(
              orders, order -> nll(backend, model, batches, pass, order, 0, batches.perEpoch()));
    }
    return nll;
  }

  /// The negative log-likelihoods of images by the mean of their likelihoods in several orders, as
  /// an ensemble of models has it: -log(1/K Σ_k p_k(x)) (Uria, Murray & Larochelle 2014, section
  /// 4.1; Germain et al. 2015, section 4.2). It is at most the mean of those in single orders.
  ///
  /// @param orders how many, from the first one on; 0 = no ensemble, but [#IN_TURN]
  /// @param nll of each image in an order
  public static float[] overOrders(int orders, IntFunction<float[]> nll) {
    if (orders < 2) {
      return nll.apply(orders == 0 ? IN_TURN : 0);
    }
    List<float[]> all = IntStream.range(0, orders).mapToObj(nll).toList();
    float[] mean = new float[all.getFirst().length];
    for (int image = 0; image < mean.length; image++) {
      int at = image;
      double[] each = all.stream().mapToDouble(of -> of[at]).toArray();
      double least = Arrays.stream(each).min().orElseThrow();
      double sum = Arrays.stream(each).map(x -> Math.exp(least - x)).sum();
      mean[image] = (float) (least - Math.log(sum / orders));
    }
    return mean;
  }

  /// Of the negative log-likelihoods of all images, in their order, for each binarization.
  public static Likelihood of(float[][] nll) {
    double[] nats = new double[nll[0].length]; // of each image, summed
    List<Double> means = new ArrayList<>();
    for (float[] pass : nll) {
      double sum = 0;
      for (int image = 0; image < nats.length; image++) {
        nats[image] += pass[image];
        sum += pass[image];
      }
      means.add(sum / nats.length);
    }
    double mean = Arrays.stream(nats).sum() / nats.length;
    double squares = Arrays.stream(nats).map(x -> (x - mean) * (x - mean)).sum();
    double deviation = Math.sqrt(squares / (nats.length - 1));
    return new Likelihood(
        mean / nll.length, deviation / nll.length / Math.sqrt(nats.length), nats.length, means);
  }

  /// Of the images of each class.
  ///
  /// @param nll as for [#of(float\[\]\[\])]
  /// @param images whose labels say of which class each is
  /// @return null for a class of which there is no image
  public static List<@Nullable Likelihood> ofClasses(float[][] nll, Dataset images) {
    List<@Nullable Likelihood> all = new ArrayList<>();
    for (int label = 0; label < images.classes().size(); label++) {
      int wanted = label;
      int[] own =
          IntStream.range(0, images.count()).filter(k -> images.label(k) == wanted).toArray();
      float[][] some = new float[nll.length][own.length];
      for (int pass = 0; pass < nll.length; pass++) {
        for (int k = 0; k < own.length; k++) {
          some[pass][k] = nll[pass][own[k]];
        }
      }
      all.add(own.length == 0 ? null : of(some));
    }
    return all;
  }

  /// The negative log-likelihood of each image of batches `from .. to - 1`: a part of a pass, for
  /// whoever shares it with others.
  ///
  /// @param pass which binarization, from 0
  /// @param order which of the model's orders, or [#IN_TURN]
  public static float[] nll(
      Backend backend,
      AutoregressiveModel model,
      Batches batches,
      int pass,
      int order,
      int from,
      int to) {
    int images = Math.min(batches.data().count(), to * batches.size()) - from * batches.size();
    float[] nll = new float[Math.max(0, images)];
    int done = 0;
    int index = from;
    PixelOrder before = model.order();
    try {
      for (Batch batch : batches.epoch(pass, from)) {
        if (done == nll.length) {
          break;
        }
        model.turnTo(model.order(order == IN_TURN ? index % model.orders() : order));
        float[] each = nll(backend, model, batch);
        System.arraycopy(each, 0, nll, done, each.length);
        done += each.length;
        index++;
      }
    } finally {
      model.turnTo(before);
    }
    return nll;
  }

  /// Of each image of a batch.
  private static float[] nll(Backend backend, AutoregressiveModel model, Batch batch) {
    try (Scope scope = backend.open("evaluation")) {
      Tensor x = scope.tensor(backend.storage(), batch.count(), model.shape().values());
      backend.write(x, first(batch.pixels(), batch.count() * model.shape().values()));
      float[] labels = batch.labels();
      @Nullable Tensor of = null;
      if (labels != null && model.config().classes() > 0) {
        of = scope.floats(batch.count());
        backend.write(of, first(labels, batch.count()));
      }
      return backend.readFloats(model.nll(new Ops(backend, scope, null), x, of));
    }
  }

  private static float[] first(float[] all, int count) {
    return all.length == count ? all : Arrays.copyOf(all, count);
  }

  public double bitsPerDim(ImageShape shape) {
    return shape.bitsPerDim(nats);
  }
}
