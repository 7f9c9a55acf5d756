package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.train.Adam;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.TrainingStep;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What each model does with the class of an image.
class ClassesTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final ImageShape SHAPE = new ImageShape(2, 3);
  private static final int IMAGES = 4;

  private static float[] logits(
      Backend backend, AutoregressiveModel model, float @Nullable [] labels) {
    float[] pixels = BinaryPixels.of(KEY.fold("pixels"), IMAGES * SHAPE.values(), 0.3f);
    return nll(backend, model, pixels, labels, true);
  }

  private static float[] nll(
      Backend backend,
      AutoregressiveModel model,
      float[] pixels,
      float @Nullable [] labels,
      boolean logits) {
    try (Scope scope = backend.open("pass")) {
      Tensor x = scope.floats(pixels.length / SHAPE.values(), SHAPE.values());
      backend.write(x, pixels);
      Tensor of = labels == null ? null : scope.floats(labels.length);
      if (of != null && labels != null) {
        backend.write(of, labels);
      }
      Ops ops = new Ops(backend, scope, null);
      return backend.readFloats(logits ? model.logits(ops, x, of) : model.nll(ops, x, of));
    }
  }

  private static AutoregressiveModel create(Backend backend, BuiltInModel model, int classes) {
    return model.tiny(SHAPE, new BernoulliHead(), classes).create(backend, KEY);
  }

  /// Its weights are drawn by their names, so classes change none of the others.
  @ParameterizedTest
  @EnumSource
  void withoutAClassIsTheModelThatKnowsNone(BuiltInModel model) {
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel plain = create(cpu, model, 0);
        AutoregressiveModel conditional = create(cpu, model, 1)) {
      float[] wanted = logits(cpu, plain, null);
      assertThat(logits(cpu, conditional, null)).isEqualTo(wanted);
      float[] labels = {-1, 0, -1, 0}; // rows of classes are zero at first
      assertThat(logits(cpu, conditional, labels)).containsExactly(wanted, within(1e-6f));
      assertThatThrownBy(() -> logits(cpu, plain, labels))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(model.label() + ": knows no classes but labels were given");
    }
  }

  /// Of class 0 all pixels are 0, of class 1 all are 1. Half of the images do not say of which they
  /// are, and of these the first pixel is anyone's guess.
  @ParameterizedTest
  @EnumSource
  void learnsWhatAClassSaysAndWhatNoneDoes(BuiltInModel model) {
    float[] pixels = new float[IMAGES * SHAPE.values()];
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = k / SHAPE.values() % 2;
    }
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel trained = create(cpu, model, 2);
        TrainingStep step =
            new TrainingStep(cpu, trained, new Adam(cpu, trained.parameters(), 0, 1))) {
      for (int k = 0; k < 80; k++) {
        step.start(pixels, new float[] {0, 1, -1, -1}, IMAGES, 2e-2f);
      }
      double given = mean(nll(cpu, trained, pixels, new float[] {0, 1, 0, 1}, false));
      double without = mean(nll(cpu, trained, pixels, new float[] {-1, -1, -1, -1}, false));
      assertThat(without).isBetween(0.6, 1.5); // at least the logarithm of 2
      assertThat(given).isLessThan(without / 2);
    }
  }

  private static double mean(float[] nats) {
    double sum = 0;
    for (float each : nats) {
      sum += each;
    }
    return sum / nats.length;
  }
}
