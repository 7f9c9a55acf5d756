package dev.hindsight.backend.cpu;

import static dev.hindsight.testing.Tensors.stored;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.backend.Precision;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.CpuInBf16;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The laws that the catalogue does not see: same bits, nothing through a weight that does not
/// exist, no growing memory, no lost update.
@Tag("slow")
class CpuBackendTest {
  private static final int N = 37;
  private static final int I = 300;
  private static final int O = 215;

  private final Degrees degrees = degrees();
  @AutoClose private Backend backend = CpuBackend.open(2, Precision.FP32);

  private static Degrees degrees() {
    return new Degrees(ascending("in", I), ascending("out", O), false);
  }

  private static int[] ascending(String name, int count) {
    float[] u = Philox.uniforms(RandomKey.of(5).fold(name), count);
    int[] degrees = new int[count];
    Arrays.setAll(degrees, k -> 1 + (int) (u[k] * 90));
    Arrays.sort(degrees);
    return degrees;
  }

  private void open(int threads, Precision precision) {
    backend.close();
    backend =
        precision == Precision.BF16 ? CpuInBf16.open(threads) : CpuBackend.open(threads, precision);
  }

  // What a layer has computed, in the order of run()'s result.
  private static final int Y = 0;
  private static final int DX = 2;
  private static final int DW = 3;

  private float[] values(String name, int size) {
    float[] values = Philox.uniforms(RandomKey.of(6).fold(name), size);
    for (int k = 0; k < size; k++) {
      values[k] = 2 * values[k] - 1;
    }
    return values;
  }

  /// y, dy, dx, dw, db
  private float[][] run(float[] x, float[] w, float[] dy) {
    try (Scope scope = backend.open("test")) {
      Tensor tx = stored(backend, scope, x, N, I);
      Tensor tw = stored(backend, scope, w, O, I);
      Tensor b = tensor(backend, scope, values("b", O), O);
      Tensor y = scope.tensor(backend.storage(), N, O);
      Tensor tdy = stored(backend, scope, dy, N, O);
      Tensor dx = stored(backend, scope, new float[N * I], N, I);
      Tensor dw = scope.zeros(O, I);
      Tensor db = scope.zeros(O);
      backend.maskedLinear().forward(tx, tw, b, degrees, Activation.IDENTITY, 0, O, y);
      backend
          .maskedLinear()
          .backward(
              tx, tw, degrees, Activation.IDENTITY, y, tdy, new Gradients(Gradient.of(dx), dw, db));
      return new float[][] {
        backend.readFloats(y),
        backend.readFloats(tdy),
        backend.readFloats(dx),
        backend.readFloats(dw),
        backend.readFloats(db)
      };
    }
  }

  private float[] weights(float missing) {
    float[] w = values("w", O * I);
    for (int o = 0; o < O; o++) {
      Arrays.fill(w, o * I + degrees.live(o), (o + 1) * I, missing);
    }
    return w;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void givesTheSameBitsWhateverTheThreads(int threads) {
    float[] x = values("x", N * I);
    float[] dy = values("dy", N * O);
    open(threads, Precision.FP32);
    float[][] first = run(x, weights(0), dy);
    float[][] again = run(x, weights(0), dy);
    open(threads + 1, Precision.FP32);
    float[][] more = run(x, weights(0), dy);
    assertThat(again).isDeepEqualTo(first);
    assertThat(more).isDeepEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "BF16"})
  void weightsThatDoNotExistDoNotAct(Precision precision) {
    open(2, precision);
    float[] x = values("x", N * I);
    float[] dy = values("dy", N * O);
    float[][] clean = run(x, weights(0), dy);
    float[][] poisoned = run(x, weights(Float.NaN), dy);
    assertThat(poisoned).isDeepEqualTo(clean);
    for (int o = 0; o < O; o++) {
      for (int i = degrees.live(o); i < I; i++) {
        assertThat(clean[DW][o * I + i]).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "BF16"})
  void inputsReachNoOutputThatMayNotSeeThem(Precision precision) {
    open(2, precision);
    float[] x = values("x", N * I);
    float[] dy = values("dy", N * O);
    float[][] clean = run(x, weights(0), dy);
    for (int i = 0; i < I; i += 7) {
      for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1e30f}) {
        float[] changed = x.clone();
        changed[3 * I + i] = value;
        float[] y = run(changed, weights(0), dy)[Y];
        for (int o = 0; o < O; o++) {
          float got = y[3 * O + o];
          if (!degrees.exists(o, i)) {
            assertThat(got).as("y[3,%d], x[3,%d] = %s", o, i, value).isEqualTo(clean[Y][3 * O + o]);
          } else {
            boolean arrived = Float.isNaN(value) ? Float.isNaN(got) : Math.abs(got) > 1e20f;
            assertThat(arrived).as("y[3,%d] = %s, x[3,%d] = %s", o, got, i, value).isTrue();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "BF16"})
  void gradientsReachNoInputThatWasNotSeen(Precision precision) {
    open(2, precision);
    float[] x = values("x", N * I);
    float[] dy = values("dy", N * O);
    float[][] clean = run(x, weights(0), dy);
    for (int o = 0; o < O; o += 5) {
      float[] changed = dy.clone();
      changed[3 * O + o] = Float.NaN;
      float[] dx = run(x, weights(0), changed)[DX];
      for (int i = 0; i < I; i++) {
        float got = dx[3 * I + i];
        if (degrees.exists(o, i)) {
          assertThat(got).as("dx[3,%d], dy[3,%d] = NaN", i, o).isNaN();
        } else {
          assertThat(got).as("dx[3,%d], dy[3,%d] = NaN", i, o).isEqualTo(clean[DX][3 * I + i]);
        }
      }
    }
  }

  /// Chunks of one share and the next, some of them neighbours, and the last one not whole.
  private static final int[] LIVE = {0, 1, 2, 5, 510, 511, 512, 513, 700, 1023, 1024};

  @ParameterizedTest
  @CsvSource({"0, FP32", "0.1, FP32", "0.1, BF16"})
  void adamLeavesAloneWhatDoesNotExistAndNothingElse(float decay, Precision precision) {
    open(2, precision);
    int size = 1024 * LiveChunks.SIZE + 7;
    AdamRule rule = AdamRule.PLAIN.with(decay, 0);
    float[][] all = adamStep(size, rule, null);
    float[][] some = adamStep(size, rule, new LiveChunks(LIVE));
    float[][] expected = flat(size);
    for (int chunk : LIVE) {
      int from = chunk * LiveChunks.SIZE;
      int count = Math.min(LiveChunks.SIZE, size - from);
      for (int tensor = 0; tensor < expected.length; tensor++) {
        System.arraycopy(all[tensor], from, expected[tensor], from, count);
      }
    }
    assertThat(some).isDeepEqualTo(expected);
  }

  /// w, dw, m, v and the copy of w.
  private float[][] flat(int size) {
    float[] w = values("w", size);
    float[] v = values("v", size);
    for (int k = 0; k < size; k++) {
      v[k] *= v[k];
    }
    return new float[][] {w, values("dw", size), values("m", size), v, new float[size]};
  }

  /// [#flat] after a step.
  private float[][] adamStep(int size, AdamRule rule, @Nullable LiveChunks live) {
    try (Scope scope = backend.open("test")) {
      float[][] before = flat(size);
      Tensor[] flat = new Tensor[4];
      Arrays.setAll(flat, k -> tensor(backend, scope, before[k], size));
      Tensor copy = scope.tensor(backend.storage(), size);
      backend.fill(copy, 0);
      Tensor numbers = tensor(backend, scope, rule.at(1, 1e-2f).numbers(), AdamStep.SIZE);
      backend
          .adam()
          .step(
              new FlatParameters(flat[0], copy, flat[1], flat[2], flat[3]),
              null,
              numbers,
              rule,
              live);
      float[][] after = new float[5][];
      Arrays.setAll(after, k -> backend.readFloats(k < 4 ? flat[k] : copy));
      return after;
    }
  }

  /// Neither in whole vectors nor in what they leave over.
  @Test
  void nothingDecaysToSubnormalNumbers() {
    int size = 37;
    float[] first = new float[size];
    float[] second = new float[size];
    float[] logits = new float[size];
    float[] targets = new float[size];
    float[] expected = new float[size];
    for (int k = 0; k < size; k++) {
      first[k] = k % 2 == 0 ? 1e-3f : -1e-3f;
      second[k] = 1e-6f;
      logits[k] = k % 3 == 0 ? -60 : k % 3 == 1 ? 60 : Float.NaN;
      targets[k] = k % 3 == 1 ? 1 : 0;
      expected[k] = k % 3 == 2 ? Float.NaN : 0;
    }
    try (Scope scope = backend.open("test")) {
      Tensor m = tensor(backend, scope, first, size);
      Tensor v = tensor(backend, scope, second, size);
      for (int t = 1; t < 1000; t++) {
        AdamStep step = new AdamRule(0.9f, 0.9f, 1e-8f, 0, 0).at(t, 1e-3f);
        Tensor numbers = tensor(backend, scope, step.numbers(), AdamStep.SIZE);
        Tensor w = scope.zeros(size);
        Tensor dw = scope.zeros(size);
        backend
            .adam()
            .step(new FlatParameters(w, null, dw, m, v), null, numbers, step.rule(), null);
      }
      assertThat(backend.readFloats(m)).containsOnly(0);
      assertThat(backend.readFloats(v)).containsOnly(0);
      Tensor l = tensor(backend, scope, logits, 1, size);
      Tensor target = tensor(backend, scope, targets, 1, size);
      Tensor gradient = scope.zeros(1, size);
      backend.sigmoidCrossEntropy().backward(l, target, 1e-5f, Gradient.of(gradient));
      assertThat(backend.readFloats(gradient)).containsExactly(expected);
    }
  }

  @Test
  void reservesNothingAfterTheFirstRound() {
    float[] x = values("x", N * I);
    float[] dy = values("dy", N * O);
    x[5] = Float.NaN;
    run(x, weights(0), dy);
    long reserved = backend.reservedBytes();
    for (int k = 0; k < 5; k++) {
      run(x, weights(0), dy);
    }
    assertThat(backend.reservedBytes()).isEqualTo(reserved);
  }
}
