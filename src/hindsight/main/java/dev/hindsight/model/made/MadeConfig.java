package dev.hindsight.model.made;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.nn.Initialization;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// The connectivity of a [Made].
///
/// @param shape of the images, of D values
/// @param head what the outputs mean; each value has its own
/// @param classes how many it is conditioned on, 0 = none
/// @param hiddenDegrees for each hidden layer the degrees of its units, ascending, each from 1 on
///   and below D
/// @param initialization how fresh weights are drawn
/// @param orders in how many orders of the pixels, and masks of hidden units, it is trained, one a
///   step in turn; 1 = in raster order alone. More than there are steps = a new one each step
/// @param orderSeed decides the orders but for the first, which is raster order
public record MadeConfig(
    ImageShape shape,
    Head head,
    int classes,
    List<List<Integer>> hiddenDegrees,
    Initialization initialization,
    int orders,
    long orderSeed)
    implements ModelConfig {
  /// As on the command line.
  public static final String NAME = "made";

  /// In raster order, with the usual head and no classes.
  public MadeConfig(
      ImageShape shape, List<List<Integer>> hiddenDegrees, Initialization initialization) {
    this(shape, Head.of(shape), 0, hiddenDegrees, initialization, 1, 0);
  }

  public MadeConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    if (orders < 1) {
      throw new UserException("made: --orders must be at least 1 but is " + orders);
    }
    ModelSize.requireLayers(NAME, "layers", hiddenDegrees.size());
    int largest = shape.values() - 1;
    for (List<Integer> layer : hiddenDegrees) {
      boolean ascending =
          IntStream.range(1, layer.size()).allMatch(k -> layer.get(k - 1) <= layer.get(k));
      if (layer.isEmpty() || !ascending || layer.getFirst() < 1 || layer.getLast() > largest) {
        throw new IllegalArgumentException(
            "made: the degrees of a hidden layer must ascend within 1 to %d but are %s"
                .formatted(largest, Printable.brief(layer)));
      }
    }
    hiddenDegrees = hiddenDegrees.stream().map(List::copyOf).toList();
  }

  /// The same, trained in so many orders.
  public MadeConfig withOrders(int count, long seed) {
    return new MadeConfig(
        shape, head, classes, hiddenDegrees, initialization, count, count == 1 ? 0 : seed);
  }

  /// The same with another head, conditioned on so many classes.
  public MadeConfig with(Head other, int count) {
    return new MadeConfig(shape, other, count, hiddenDegrees, initialization, orders, orderSeed);
  }

  /// A value each: a channel sees those before it as it sees other pixels.
  @Override
  public Head.Group group() {
    return new Head.Group(shape.levels(), 1);
  }

  /// An order of the pixels. There are as many as anybody wants; the first `orders` are trained.
  PixelOrder order(int index) {
    return index == 0
        ? PixelOrder.raster(shape)
        : PixelOrder.random(shape, index, key(index).fold("pixels"));
  }

  /// Which unit of a hidden layer has its 1st, 2nd, … smallest degree in an order.
  int[] units(int index, int layer) {
    int count = hiddenDegrees.get(layer).size();
    return index == 0
        ? IntStream.range(0, count).toArray()
        : Philox.permutation(key(index).fold("units").fold(layer), count);
  }

  private RandomKey key(int index) {
    return RandomKey.of(orderSeed).fold("orders").fold(index);
  }

  /// Degrees drawn at random as in the paper (section 4.1): uniform over least .. D - 1, where
  /// `least` is the lowest degree below, since a unit under it would see nothing.
  public static MadeConfig random(ImageShape shape, int hidden, int layers, RandomKey key) {
    requireSizes(shape, hidden, layers);
    List<List<Integer>> all = new ArrayList<>();
    int least = 1;
    for (int l = 0; l < layers; l++) {
      float[] u = Philox.uniforms(key.fold(l), hidden);
      List<Integer> degrees = new ArrayList<>();
      for (float x : u) {
        degrees.add(least + (int) (x * (double) (shape.values() - least)));
      }
      Collections.sort(degrees);
      all.add(degrees);
      least = degrees.getFirst();
    }
    return new MadeConfig(shape, all, Initialization.TORCH);
  }

  /// Degrees where the information is: the units of every layer sit at evenly spaced quantiles of
  /// the values' entropy. A border pixel that is always 0 then costs no unit, and the middle of the
  /// image gets most of them.
  ///
  /// @param means of each of the D values, 0 to 1, which is taken for a coin of that mean
  public static MadeConfig spreadByInformation(
      ImageShape shape, int hidden, int layers, double[] means) {
    requireSizes(shape, hidden, layers);
    int largest = shape.values() - 1;
    double[] cumulative = new double[largest];
    double sum = 0;
    for (int i = 0; i < largest; i++) {
      double p = Math.clamp(means[i], 1e-3, 1 - 1e-3);
      sum -= p * Math.log(p) + (1 - p) * Math.log(1 - p);
      cumulative[i] = sum;
    }
    List<Integer> degrees = new ArrayList<>();
    int value = 0;
    for (int k = 0; k < hidden; k++) {
      while (value < largest - 1 && cumulative[value] < (k + 0.5) / hidden * sum) {
        value++;
      }
      degrees.add(value + 1);
    }
    return new MadeConfig(shape, Collections.nCopies(layers, degrees), Initialization.HE);
  }

  /// Degrees at even distances, for many orders: in the mean over all of them every place tells as
  /// much as any other.
  public static MadeConfig spreadEvenly(ImageShape shape, int hidden, int layers) {
    double[] alike = new double[shape.values()];
    Arrays.fill(alike, 0.5);
    return spreadByInformation(shape, hidden, layers, alike);
  }

  private static void requireSizes(ImageShape shape, int hidden, int layers) {
    ModelSize.requireLayers(NAME, "layers", layers);
    int most = (int) (Parameters.MOST / shape.values()); // each has a weight for each value
    ModelSize.require(NAME, "hidden", hidden, 1, Math.max(1, most / layers));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String remark() {
    return orders == 1
        ? ""
        : "%d orders of the pixels and masks of hidden units, one a step in turn".formatted(orders);
  }

  @Override
  public Made create(Backend backend, RandomKey key) {
    return new Made(backend, this, key);
  }
}
