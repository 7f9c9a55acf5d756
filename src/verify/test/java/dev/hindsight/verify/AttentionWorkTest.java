package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the software GPU counted at 784 positions: what lies above the diagonal costs next to
/// nothing.
@Tag("slow")
class AttentionWorkTest {
  private static final int LENGTH = 784;

  /// Products of (T,T) and D that a kernel is made of: dq computes scores, the gradient of
  /// probabilities and its result, dkv the same with two results.
  private static final Map<String, Integer> PRODUCTS = Map.of("", 2, "_dq", 3, "_dkv", 4);

  private static List<KernelCounts> attention(Precision precision, int width) {
    return attention(SoftwareGpu.counting(108), precision, width);
  }

  private static List<KernelCounts> attention(SoftwareGpu gpu, Precision precision, int width) {
    try (Backend backend = Backends.openSoftwareGpu(gpu, precision);
        Scope scope = backend.open("test")) {
      Tensor qkv = zeros(backend, scope, 3 * width);
      Tape tape = new Tape(scope);
      tape.bind(qkv, zeros(backend, scope, 3 * width));
      Backends.takeCounts();
      Tensor y = new Ops(backend, scope, tape).causalAttention(qkv, 1);
      tape.backward(y, zeros(backend, scope, width));
      backend.synchronize();
      return Backends.takeCounts();
    }
  }

  private static Tensor zeros(Backend backend, Scope scope, int channels) {
    Tensor tensor = scope.tensor(backend.storage(), 1, LENGTH, channels);
    scope.clear(tensor);
    return tensor;
  }

  @ParameterizedTest
  @CsvSource({
    "FP32, 16",
    "FP32, 32",
    "FP32, 48",
    "FP32, 64",
    "FP32, 128",
    "TF32, 32",
    "BF16, 16",
    "BF16, 32",
    "BF16, 64",
  })
  void attentionDoesLittleMoreThanHalfOfTheDenseWork(Precision precision, int width) {
    Map<String, KernelCounts> counts =
        attention(precision, width).stream()
            .filter(k -> k.kernel().startsWith("causal_attention"))
            .collect(Collectors.toMap(KernelCounts::kernel, k -> k));
    assertThat(counts).hasSize(3);
    PRODUCTS.forEach(
        (part, products) -> {
          String kernel = precision.variant("causal_attention" + part + "_" + width);
          KernelCounts count = Objects.requireNonNull(counts.get(kernel), kernel);
          // In bf16 the weights of a row are added by a product with eight columns of ones.
          int ones = precision == Precision.BF16 && part.isEmpty() ? 8 : 0;
          double dense = 2.0 * LENGTH * LENGTH * (products * width + ones);
          assertThat(count.flops() / dense).as(kernel).isBetween(0.5, 0.6);
          // On tensor cores what is staged of v and the like is written a word at a time.
          double passes = precision == Precision.FP32 ? 1 : 1.1;
          assertThat(count.shared().perIdeal()).as(kernel).isBetween(1.0, passes);
        });
  }

  /// All five of backward in one launch, where a block can own a head.
  @Test
  void aBlockThatOwnsAHeadMakesScoresOnce() {
    var gpu = new SoftwareGpu(0, false, true, 1, 90, 227 << 10);
    KernelCounts count =
        attention(gpu, Precision.BF16, 32).stream()
            .filter(k -> k.kernel().equals("causal_attention_head_32_bf16"))
            .findAny()
            .orElseThrow();
    double dense = 2.0 * LENGTH * LENGTH * 5 * 32;
    assertThat(count.flops() / dense).isBetween(0.5, 0.56);
    assertThat(count.shared().perIdeal()).isBetween(1.0, 1.1);
  }

  @Test
  void softmaxMovesLittleMoreThanTheTriangle() {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.counting(108));
        Scope scope = backend.open("test")) {
      Tensor scores = scope.zeros(1, LENGTH, LENGTH);
      Tensor p = scope.zeros(1, LENGTH, LENGTH);
      Tensor dscores = scope.zeros(1, LENGTH, LENGTH);
      backend.synchronize();
      Backends.takeCounts();
      backend.causalAttention().triangularSoftmax(scores, 0.5f, p);
      backend.causalAttention().triangularSoftmaxBackward(p, 0.5f, scores, dscores);
      backend.synchronize();
      List<KernelCounts> counts = Backends.takeCounts();
      double triangle = LENGTH * (LENGTH + 1) / 2.0 * Float.BYTES;
      assertThat(counts).hasSize(2);
      assertThat(counts.get(0).bytesMoved() / (2 * triangle)).isBetween(1.0, 1.1);
      assertThat(counts.get(1).bytesMoved() / (4 * triangle)).isBetween(1.0, 1.1);
    }
  }
}
