package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.TestBackends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.Head;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// All models on grey and coloured images of several levels, with each head.
class HeadsTest {
  /// Of images that are summed over at a time.
  private static final int BATCH = 1024;

  @ParameterizedTest
  @CsvSource({
    "5, 7, 3, 2, bernoulli",
    "5, 7, 1, 4, categorical",
    "5, 7, 3, 4, categorical",
    "5, 7, 1, 4, logistic-mixture:3",
    "5, 7, 3, 4, logistic-mixture:3",
    "3, 5, 1, 256, logistic-mixture",
    "3, 5, 3, 256, logistic-mixture"
  })
  void neverLookAheadAndDrawWhatTheySay(
      int height, int width, int channels, int levels, String head) {
    try (Backend cpu = Backends.open("cpu")) {
      SmallModel.all(new ImageShape(height, width, channels, levels), Head.parse(head))
          .forEach(small -> ImageSizesTest.check(cpu, small, Integer.MAX_VALUE));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nd4j, 3, 4, categorical",
    "nd4j, 3, 4, logistic-mixture:3",
    "gpu, 3, 2, bernoulli",
    "gpu, 1, 4, categorical",
    "gpu, 3, 4, categorical",
    "gpu, 1, 4, logistic-mixture:3",
    "gpu, 3, 4, logistic-mixture:3"
  })
  @Tag("slow")
  void neverLookAheadElsewhere(String name, int channels, int levels, String head) {
    try (Backend backend = TestBackends.open(name)) {
      SmallModel.all(new ImageShape(2, 3, channels, levels), Head.parse(head))
          .forEach(small -> ImageSizesTest.check(backend, small, Integer.MAX_VALUE));
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// Nor at what other images are.
  @ParameterizedTest
  @CsvSource({
    "cpu, 3, 4, categorical",
    "cpu, 1, 2, bernoulli",
    "cpu bf16, 1, 2, bernoulli",
    "gpu, 1, 2, bernoulli"
  })
  void seeTheirOwnClassAlone(String name, int channels, int levels, String head) {
    try (Backend backend = TestBackends.open(name)) {
      for (SmallModel small :
          SmallModel.all(new ImageShape(3, 5, channels, levels), Head.parse(head), 3)) {
        try (AutoregressiveModel model = small.create(backend, SmallModel.KEY)) {
          assertThat(Causality.ofClasses(backend, model))
              .as(small.toString())
              .satisfies(
                  found -> assertThat(found.leaks()).isEmpty(),
                  found -> assertThat(found.reached()).isGreaterThan(3));
        }
      }
    }
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// By what their ops say and by NaN.
  @ParameterizedTest
  @CsvSource({"3, 4, categorical", "1, 16, categorical", "3, 8, logistic-mixture:2"})
  void seeWhatTheirOpsSay(int channels, int levels, String head) {
    try (Backend cpu = Backends.open("cpu")) {
      for (SmallModel small :
          SmallModel.all(new ImageShape(4, 5, channels, levels), Head.parse(head))) {
        try (AutoregressiveModel model = small.create(cpu, SmallModel.KEY)) {
          assertThat(Sight.of(model)).as(small.toString()).isEqualTo(Sight.measured(cpu, model));
        }
      }
    }
  }

  /// The probabilities of all images that there are add up to 1.
  @ParameterizedTest
  @CsvSource({
    "3, 1, 2, bernoulli",
    "2, 3, 2, bernoulli",
    "4, 1, 8, categorical",
    "2, 3, 4, categorical",
    "4, 1, 8, logistic-mixture:3",
    "2, 3, 4, logistic-mixture:3"
  })
  void areDistributions(int pixels, int channels, int levels, String head) {
    var shape = new ImageShape(1, pixels, channels, levels);
    try (Backend cpu = Backends.open("cpu")) {
      for (SmallModel small : SmallModel.all(shape, Head.parse(head))) {
        try (AutoregressiveModel model = small.create(cpu, SmallModel.KEY)) {
          assertThat(total(cpu, model, null)).as(small.toString()).isCloseTo(1, within(1e-5));
        }
      }
    }
  }

  /// So do those of each class.
  @ParameterizedTest
  @CsvSource({"3, 1, 2, bernoulli", "2, 3, 2, bernoulli", "3, 1, 8, logistic-mixture:3"})
  void areDistributionsGivenAClass(int pixels, int channels, int levels, String head) {
    var shape = new ImageShape(1, pixels, channels, levels);
    try (Backend cpu = Backends.open("cpu")) {
      for (SmallModel small : SmallModel.all(shape, Head.parse(head), 2)) {
        try (AutoregressiveModel model = small.create(cpu, SmallModel.KEY)) {
          for (int label : new int[] {-1, 0, 1}) {
            assertThat(total(cpu, model, label)).as(small.toString()).isCloseTo(1, within(1e-5));
          }
        }
      }
    }
  }

  private static double total(Backend backend, AutoregressiveModel model, @Nullable Integer label) {
    ImageShape shape = model.shape();
    int values = shape.values();
    int all = Math.toIntExact(Math.round(Math.pow(shape.levels(), values)));
    double total = 0;
    for (int first = 0; first < all; first += BATCH) {
      int count = Math.min(BATCH, all - first);
      float[] images = new float[count * values];
      for (int k = 0; k < images.length; k++) {
        int image = first + k / values;
        images[k] = (int) (image / Math.pow(shape.levels(), k % values)) % shape.levels();
      }
      try (Scope scope = backend.open("images")) {
        Tensor x = scope.floats(count, values);
        backend.write(x, images);
        Tensor labels = label == null ? null : scope.floats(count);
        if (label != null && labels != null) {
          backend.fill(labels, label);
        }
        for (float nats : backend.readFloats(model.nll(new Ops(backend, scope, null), x, labels))) {
          total += Math.exp(-nats);
        }
      }
    }
    return total;
  }
}
