package dev.hindsight.model.made;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.Printable;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.nn.Initialization;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
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
public record MadeConfig(
    ImageShape shape,
    Head head,
    int classes,
    List<List<Integer>> hiddenDegrees,
    Initialization initialization)
    implements ModelConfig {
  /// As on the command line.
  public static final String NAME = "made";

  /// With the usual head and no classes.
  public MadeConfig(
      ImageShape shape, List<List<Integer>> hiddenDegrees, Initialization initialization) {
    this(shape, Head.of(shape), 0, hiddenDegrees, initialization);
  }

  public MadeConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
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

  /// The same with another head, conditioned on so many classes.
  public MadeConfig with(Head other, int count) {
    return new MadeConfig(shape, other, count, hiddenDegrees, initialization);
  }

  /// A value each: a channel sees those before it as it sees other pixels.
  @Override
  public Head.Group group() {
    return new Head.Group(shape.levels(), 1);
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
  public Made create(Backend backend, RandomKey key) {
    return new Made(backend, this, key);
  }
}
