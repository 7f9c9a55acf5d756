package dev.hindsight.softgpu;

import com.google.errorprone.annotations.Immutable;
import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;

/// A shipped kernel and a launch of it whose sizes fit no tile.
enum ShippedKernel {
  COLUMN_SUM("column_sum", "column_sum", ShippedKernel::columnSum),
  NORM_ROOT("norm", "norm_root", ShippedKernel::normRoot),
  SOFTMAX_CROSS_ENTROPY("softmax_cross_entropy", "softmax_cross_entropy", LossScenarios::softmax),
  SOFTMAX_CROSS_ENTROPY_BACKWARD(
      "softmax_cross_entropy", "softmax_cross_entropy_backward", LossScenarios::softmaxBackward),
  CATEGORICAL("categorical", "categorical", LossScenarios::categorical),
  LOGISTIC_MIXTURE("logistic_mixture", "logistic_mixture", LossScenarios::mixture),
  LOGISTIC_MIXTURE_BACKWARD(
      "logistic_mixture", "logistic_mixture_backward", LossScenarios::mixtureBackward),
  LOGISTIC_MIXTURE_DRAW("logistic_mixture", "logistic_mixture_draw", LossScenarios::mixtureDraw),
  LINEAR("linear", "linear", ShippedKernel::linear),
  MADE_SAMPLE("made_sample", "made_sample_2", MadeScenario::sample),
  LSTM_SAMPLE("lstm_sample", "lstm_sample_8", LstmScenarios::sample),
  LSTM_RESIDENT_BF16("lstm_resident_bf16", "lstm_resident_rows_8_bf16", LstmScenarios::resident),
  LSTM_RESIDENT_BACKWARD_BF16(
      "lstm_resident_bf16", "lstm_resident_rows_8_backward_bf16", LstmScenarios::residentBackward),
  PIXEL_SAMPLE("pixel_sample", "pixel_sample", PixelScenarios::layers),
  PIXEL_SAMPLE_ATTENDS("pixel_sample", "pixel_sample_attends", PixelScenarios::attends),
  LINEAR_TF32("linear_tf32", "linear_tf32", ShippedKernel::linear),
  LINEAR_BF16("linear_bf16", "linear_bf16", ShippedKernel::linear),
  LINEAR_LARGE(
      "linear_large", "linear_large", (device, kernel) -> linearLarge(device, kernel, 256)),
  LINEAR_LARGE_BF16(
      "linear_large_bf16",
      "linear_large_bf16",
      (device, kernel) -> linearLarge(device, kernel, 128)),
  LINEAR_TALL_BF16(
      "linear_tall_bf16",
      "linear_tall_bf16",
      (device, kernel) -> linearTall(device, kernel, 4, 3 * (256 + 128) * 64)),
  LINEAR_TALL_KEPT(
      "linear_tall_bf16",
      "linear_tall_bf16",
      (device, kernel) -> linearTall(device, kernel, 2, (3 * 256 + 4 * 128) * 64)),
  LINEAR_CHUNKS("linear", "linear", (device, _) -> Chunks.linear(device)),
  LINEAR_DW_LARGE_CHUNKS(
      "linear_large_bf16", "linear_dw_large_bf16", (device, _) -> Chunks.gradients(device)),
  PREVIOUS_PIXEL("previous_pixel", "previous_pixel", ReadScenarios::previous),
  EMBED_PREVIOUS("embed_previous", "embed_previous", ReadScenarios::embedded),
  EMBED_PREVIOUS_DTABLE("embed_previous", "embed_previous_dtable", ReadScenarios::chosen),
  CAUSAL_CONV1D("causal_conv1d", "causal_conv1d", ConvolutionScenarios::causal),
  CAUSAL_CONV1D_DX("causal_conv1d", "causal_conv1d_dx", ConvolutionScenarios::causalDx),
  CAUSAL_CONV1D_DW("causal_conv1d", "causal_conv1d_dw", ConvolutionScenarios::causalDw),
  RESIDUAL_BLOCK_G("residual_block", "residual_block_g", ConvolutionScenarios::residualGate),
  GATED_BLOCK_G("gated_block", "gated_block_g", ConvolutionScenarios::gatedGate),
  ATTENTION("causal_attention", "causal_attention_16", ShippedKernel::attention),
  ATTENTION_TF32("causal_attention_tf32", "causal_attention_16_tf32", ShippedKernel::attention),
  ATTENTION_BF16("causal_attention_bf16", "causal_attention_32_bf16", AttentionScenarios::streamed),
  ATTENTION_DQ_BF16("causal_attention_bf16", "causal_attention_dq_32_bf16", AttentionScenarios::dq),
  ATTENTION_DKV_BF16(
      "causal_attention_bf16", "causal_attention_dkv_32_bf16", AttentionScenarios::dkv),
  ATTENTION_HEAD_BF16(
      "causal_attention_bf16", "causal_attention_head_32_bf16", AttentionScenarios::byHead);

  final String file;
  final String kernel;
  private final Scenario scenario;

  /// A launch, and what it leaves.
  @Immutable
  private interface Scenario {
    float[] run(TestDevice device, String kernel);
  }

  ShippedKernel(String file, String kernel, Scenario scenario) {
    this.file = file;
    this.kernel = kernel;
    this.scenario = scenario;
  }

  float[] run(TestDevice device) {
    return scenario.run(device, kernel);
  }

  /// In the natural order blocks that work together keep step even without what orders them.
  Options options() {
    boolean draws = kernel.startsWith("pixel");
    long enough = draws || kernel.startsWith("lstm") ? 20_000_000 : 4_000_000;
    Options options = Options.standard().withStepBudget(enough);
    return name().endsWith("_CHUNKS")
        ? options.withChecks(EnumSet.allOf(Check.class)).withScheduleSeed(1)
        : options.withScheduleSeed(draws || kernel.startsWith("lstm_resident") ? 1 : 0);
  }

  String ptx() {
    return TestDevice.text("/dev/hindsight/ptx/" + file + ".ptx");
  }

  private static float[] columnSum(TestDevice device, String kernel) {
    long sums = device.floats("sums", numbers(70, 2));
    Dim3 grid = new Dim3(3, 1);
    device.launch(kernel, grid, new Dim3(256), x(device, 50 * 70), sums, 50, 70, 50, 1);
    return device.floats(sums, 70);
  }

  private static float[] normRoot(TestDevice device, String kernel) {
    long out = device.memory().allocate(4, "out");
    device.launch(kernel, new Dim3(1), new Dim3(256), x(device, 700), out, 700);
    return device.floats(out, 1);
  }

  private static float[] linear(TestDevice device, String kernel) {
    long w = stored(device, kernel, "w", numbers(66 * 41, 3));
    long b = device.floats("b", numbers(66, 4));
    long y = device.memory().allocate(70 * 66 * storedBytes(kernel), "y");
    long x = stored(device, kernel, "x", numbers(70 * 41, 1));
    Dim3 grid = new Dim3(4, 1);
    device.launch(kernel, grid, new Dim3(128), x, w, b, y, 0L, 70, 41, 66, 0, 1000);
    return stored(device, kernel, y, 70 * 66);
  }

  static float[] join(float[] pixels, float[] logits) {
    float[] all = Arrays.copyOf(logits, logits.length + pixels.length);
    for (int k = 0; k < pixels.length; k++) {
      all[logits.length + k] = 1 + pixels[k]; // a black pixel is a result too
    }
    return all;
  }

  /// Around 0.
  static float[] centred(int count, long seed) {
    float[] values = numbers(count, seed);
    for (int k = 0; k < count; k++) {
      values[k] -= 0.75f;
    }
    return values;
  }

  private static float[] attention(TestDevice device, String kernel) {
    long y = device.memory().allocate(130 * 13 * storedBytes(kernel), "y");
    long lse = device.memory().allocate(130 * 4, "lse");
    long qkv = stored(device, kernel, "qkv", numbers(130 * 3 * 13, 1));
    device.launch(kernel, new Dim3(2, 1), new Dim3(224), qkv, y, lse, 1, 130, 1, 13);
    return stored(device, kernel, y, 130 * 13);
  }

  /// Four tiles of 128 x 128, all but one of them cut short.
  private static float[] linearLarge(TestDevice device, String kernel, int threads) {
    long x = stored(device, kernel, "x", numbers(130 * 104, 1));
    long w = stored(device, kernel, "w", numbers(136 * 104, 3));
    long b = device.floats("b", numbers(136, 4));
    long y = device.memory().allocate(130 * 136 * storedBytes(kernel), "y");
    device.launch(
        kernel, new Dim3(4, 1), new Dim3(threads), x, w, b, y, 0L, 130, 104, 136, 0, 1000);
    return stored(device, kernel, y, 130 * 136);
  }

  /// Four tiles of 256 x 128, all but one of them cut short.
  private static float[] linearTall(TestDevice device, String kernel, int blocks, int shared) {
    long x = stored(device, kernel, "x", numbers(258 * 104, 1));
    long w = stored(device, kernel, "w", numbers(136 * 104, 3));
    long b = device.floats("b", numbers(136, 4));
    long y = device.memory().allocate(258 * 136 * storedBytes(kernel), "y");
    List<Object> parameters = List.of(x, w, b, y, 0L, 258, 104, 136, 0, 1000);
    device.launch(kernel, new Dim3(blocks, 1), new Dim3(256), shared, false, parameters);
    return stored(device, kernel, y, 258 * 136);
  }

  /// Whether activations, and the weights that they are multiplied by, are bf16.
  private static boolean inBf16(String kernel) {
    return kernel.endsWith("_bf16");
  }

  private static long storedBytes(String kernel) {
    return inBf16(kernel) ? Short.BYTES : Float.BYTES;
  }

  private static long stored(TestDevice device, String kernel, String name, float[] values) {
    return inBf16(kernel) ? device.bf16(name, values) : device.floats(name, values);
  }

  private static float[] stored(TestDevice device, String kernel, long address, int count) {
    return inBf16(kernel) ? device.bf16(address, count) : device.floats(address, count);
  }

  static long x(TestDevice device, int count) {
    return device.floats("x", numbers(count, 1));
  }

  /// From 0.25 to 1.25.
  static float[] numbers(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 0.25f + random.nextFloat();
    }
    return values;
  }
}
