package dev.hindsight.train;

import dev.hindsight.data.Binarize;
import dev.hindsight.data.Datasets;
import dev.hindsight.image.ImageShape;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// What others reached with such a model.
///
/// @param value in the unit of the benchmark
/// @param what size and source
public record Published(Benchmark benchmark, double value, String what) {

  /// Images, and how others measure likelihoods of them.
  public enum Benchmark {
    /// As github.com/EugenHotaj/pytorch-generative says that it does.
    DYNAMIC_MNIST(
        "%.2f nats (%s, dynamic)",
        "dynamic: pixels drawn anew in each epoch, 60,000 training images, epoch chosen on test"
            + " images; best of all 77.56 (LMConv, 8 orders), 78.61 (PixelSNAIL,"
            + " pytorch-generative)"),
    /// Of Salakhutdinov & Murray 2008, with the split of Larochelle & Murray 2011.
    STATIC_MNIST(
        "%.2f nats (%s, static)",
        "static: pixels drawn once for all, 50,000 training and 10,000 validation images"),
    /// As tutorial 12 of github.com/phlippe/uvadlc_notebooks does.
    GREY_MNIST(
        "%.3f bits/dim (%s)",
        "MNIST of 256 levels: 50,000 training images, epoch chosen on 10,000 others, all test"
            + " images"),
    CIFAR10(
        "%.2f bits/dim (%s)",
        "CIFAR-10 of 256 levels: 50,000 training images in colour, all test images, one model and"
            + " one order; others 2.92 (PixelCNN++), 2.85 (PixelSNAIL)");

    private final String figure;
    private final String meaning;

    Benchmark(String figure, String meaning) {
      this.figure = figure;
      this.meaning = meaning;
    }

    /// Whether a run learns from these images, in these levels.
    boolean isOf(RunConfig run) {
      ImageShape shape = run.model().shape();
      boolean mnist = run.data().sha256().equals(MNIST);
      return switch (this) {
        case DYNAMIC_MNIST, STATIC_MNIST ->
            mnist && shape.binary() && run.recipe().pixels().binarize() == Binarize.STOCHASTIC;
        case GREY_MNIST -> mnist && shape.levels() == ImageShape.MOST_LEVELS;
        case CIFAR10 ->
            run.data().name().equals(Datasets.CIFAR10)
                && shape.equals(new ImageShape(32, 32, 3, ImageShape.MOST_LEVELS));
      };
    }
  }

  /// SHA-256 of the pixels of MNIST's 60,000 training images.
  private static final String MNIST =
      "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757";

  /// Those of a run's model on the run's images.
  public static List<Published> of(RunConfig run) {
    return BuiltInModel.labelled(run.model().name()).published().stream()
        .filter(each -> each.benchmark.isOf(run))
        .toList();
  }

  /// `84.87 nats (1 x 8000, pytorch-generative, dynamic); …`.
  public static String describe(List<Published> published) {
    return published.stream()
        .map(each -> String.format(Locale.ROOT, each.benchmark.figure, each.value, each.what))
        .collect(Collectors.joining("; "));
  }

  /// What they mean, a sentence for each benchmark.
  public static List<String> notes(List<Published> published) {
    return published.stream()
        .map(each -> "Published, " + each.benchmark.meaning + ".")
        .distinct()
        .toList();
  }
}
