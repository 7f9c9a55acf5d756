package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A block that owns a head has the gradients of the kernels that own rows, bit for bit, which the
/// catalogue compares with the reference. 7 s.
@Tag("slow")
class AttentionByHeadTest {
  private static final int WIDTH = 32;
  private static final int H100 = 227 << 10; // bytes of shared memory that a block may take
  private static final int A100 = 163 << 10;
  private static final double[] NANS = new double[WIDTH];

  static {
    Arrays.fill(NANS, Double.NaN);
  }

  /// A head fills one multiprocessor, and not a hundred.
  private static AttentionRun on(
      int multiprocessors, int shared, long seed, float[] qkv, float[] dy) {
    var gpu = new SoftwareGpu(seed, false, true, multiprocessors, 0, shared);
    try (Backend backend = Backends.openSoftwareGpu(gpu, Precision.BF16)) {
      Backends.takeCounts();
      return AttentionRun.of(backend, qkv, dy, WIDTH);
    }
  }

  private static List<String> kernels() {
    return Backends.takeCounts().stream()
        .map(KernelCounts::kernel)
        .filter(kernel -> kernel.startsWith("causal_attention_"))
        .toList();
  }

  private static AttentionRun byHead(long seed, float[] qkv, float[] dy) {
    AttentionRun run = on(1, H100, seed, qkv, dy);
    assertThat(kernels()).contains("causal_attention_head_32_bf16");
    return run;
  }

  private static AttentionRun byRows(float[] qkv, float[] dy) {
    AttentionRun run = on(100, H100, 0, qkv, dy);
    assertThat(kernels())
        .contains("causal_attention_dq_32_bf16", "causal_attention_dkv_32_bf16")
        .doesNotContain("causal_attention_head_32_bf16");
    return run;
  }

  private static float[] normals(String name, int count) {
    return AttentionRun.inBf16(AttentionRun.normals(name, count, 1));
  }

  /// Around the tiles of 32 queries and 128 keys.
  @ParameterizedTest
  @ValueSource(ints = {1, 31, 113, 128, 129, 161, 784})
  void hasTheBitsOfBlocksOfRows(int length) {
    float[] qkv = normals("qkv", length * 3 * WIDTH);
    float[] dy = normals("dy", length * WIDTH);
    assertThat(byHead(0, qkv, dy).dqkv).isEqualTo(byRows(qkv, dy).dqkv);
  }

  @Test
  void hasTheSameBitsUnderEverySchedule() {
    float[] qkv = normals("qkv", 200 * 3 * WIDTH);
    float[] dy = normals("dy", 200 * WIDTH);
    double[] want = byHead(0, qkv, dy).dqkv;
    for (long seed = 1; seed <= 3; seed++) {
      assertThat(byHead(seed, qkv, dy).dqkv).as("seed %d", seed).isEqualTo(want);
    }
  }

  /// Later keys and values, or earlier queries and gradients: nobody sees them.
  @ParameterizedTest
  @CsvSource({"NaN, 5", "Infinity, 127", "NaN, 150"})
  void whatIsNotSeenMovesNoBit(float poison, int at) {
    int length = 170;
    float[] qkv = normals("qkv", length * 3 * WIDTH);
    float[] dy = normals("dy", length * WIDTH);
    double[] want = byHead(0, qkv, dy).dqkv;

    float[] behind = qkv.clone();
    for (int t = at; t < length; t++) {
      Arrays.fill(behind, (3 * t + 1) * WIDTH, 3 * (t + 1) * WIDTH, poison);
    }
    double[] got = byHead(0, behind, dy).dqkv;
    assertThat(got).isEqualTo(byRows(behind, dy).dqkv);
    for (int t = 0; t < length; t++) {
      assertThat(queries(got, t)).as("dq of %d", t).isEqualTo(t < at ? queries(want, t) : NANS);
    }

    float[] before = qkv.clone();
    float[] dyBefore = dy.clone();
    for (int t = 0; t < at; t++) {
      Arrays.fill(before, 3 * t * WIDTH, (3 * t + 1) * WIDTH, poison);
    }
    Arrays.fill(dyBefore, 0, at * WIDTH, poison);
    got = byHead(0, before, dyBefore).dqkv;
    assertThat(got).isEqualTo(byRows(before, dyBefore).dqkv);
    for (int t = 0; t < length; t++) {
      assertThat(keys(got, t)).as("dk of %d", t).isEqualTo(t < at ? NANS : keys(want, t));
    }
  }

  private static double[] queries(double[] dqkv, int t) {
    return Arrays.copyOfRange(dqkv, 3 * t * WIDTH, (3 * t + 1) * WIDTH);
  }

  private static double[] keys(double[] dqkv, int t) {
    return Arrays.copyOfRange(dqkv, (3 * t + 1) * WIDTH, (3 * t + 2) * WIDTH);
  }

  /// Two blocks of a head have to fit a multiprocessor: on an H100 of 832 positions.
  @ParameterizedTest
  @CsvSource({"600, false, true", "832, true, false", "833, false, false"})
  void aHeadThatDoesNotFitGoesByRows(int length, boolean fits, boolean a100) {
    float[] qkv = normals("qkv", length * 3 * WIDTH);
    float[] dy = normals("dy", length * WIDTH);
    on(1, a100 ? A100 : H100, 0, qkv, dy);
    assertThat(kernels().contains("causal_attention_head_32_bf16")).isEqualTo(fits);
  }
}
