package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;

/// A shipped kernel and a launch of it whose sizes fit no tile.
enum ShippedKernel {
  COLUMN_SUM("column_sum", "column_sum") {
    @Override
    float[] run(TestDevice device) {
      long sums = device.floats("sums", numbers(70, 2));
      Dim3 grid = new Dim3(3, 1);
      device.launch(kernel, grid, new Dim3(256), x(device, 50 * 70), sums, 50, 70, 50, 1);
      return device.floats(sums, 70);
    }
  },
  NORM_ROOT("norm", "norm_root") {
    @Override
    float[] run(TestDevice device) {
      long out = device.memory().allocate(4, "out");
      device.launch(kernel, new Dim3(1), new Dim3(256), x(device, 700), out, 700);
      return device.floats(out, 1);
    }
  },
  LINEAR("linear", "linear") {
    @Override
    float[] run(TestDevice device) {
      return linear(device);
    }
  },
  MADE_SAMPLE("made_sample", "made_sample_2") {
    @Override
    float[] run(TestDevice device) {
      return MadeScenario.sample(device, kernel);
    }
  },
  /// Nine blocks, the last of which has six units, and K of two stages.
  LSTM_SAMPLE("lstm_sample", "lstm_sample_8") {
    @Override
    float[] run(TestDevice device) {
      int hidden = 70;
      int images = 2;
      int length = 3;
      long state = device.floats("state", new float[3 * images * hidden]);
      float[] known = new float[images * length];
      known[0] = 1;
      long pixels = device.floats("pixels", known);
      long logits = device.memory().allocate(4L * images * length, "logits");
      device.launch(
          kernel,
          new Dim3(9),
          new Dim3(256),
          (128 * 32 + 64 * 68 + 128) * 4,
          true,
          List.of(
              device.floats("wx", centred(4 * hidden * 3, 2)),
              device.floats("bx", centred(4 * hidden, 3)),
              device.floats("wh", centred(4 * hidden * hidden, 4)),
              device.floats("bh", centred(4 * hidden, 5)),
              device.floats("head", centred(hidden, 6)),
              device.floats("head_bias", 0.25f),
              device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0),
              0.8f,
              1,
              state,
              state + 2L * images * hidden * 4,
              pixels,
              logits,
              images,
              hidden,
              length,
              3,
              2));
      return join(device.floats(pixels, known.length), device.floats(logits, known.length));
    }
  },
  LSTM_RESIDENT_BF16("lstm_resident_bf16", "lstm_resident_rows_8_bf16") {
    @Override
    float[] run(TestDevice device) {
      return LstmScenarios.resident(device, kernel);
    }
  },
  LSTM_RESIDENT_BACKWARD_BF16("lstm_resident_bf16", "lstm_resident_rows_8_backward_bf16") {
    @Override
    float[] run(TestDevice device) {
      return LstmScenarios.residentBackward(device, kernel);
    }
  },
  PIXEL_SAMPLE("pixel_sample", "pixel_sample") {
    @Override
    float[] run(TestDevice device) {
      return PixelScenarios.layers(device, kernel);
    }
  },
  PIXEL_SAMPLE_ATTENDS("pixel_sample", "pixel_sample_attends") {
    @Override
    float[] run(TestDevice device) {
      return PixelScenarios.attends(device, kernel);
    }
  },
  LINEAR_TF32("linear_tf32", "linear_tf32") {
    @Override
    float[] run(TestDevice device) {
      return linear(device);
    }
  },
  LINEAR_BF16("linear_bf16", "linear_bf16") {
    @Override
    float[] run(TestDevice device) {
      return linear(device);
    }
  },
  LINEAR_LARGE("linear_large", "linear_large") {
    @Override
    float[] run(TestDevice device) {
      return linearLarge(device, 256);
    }
  },
  LINEAR_LARGE_BF16("linear_large_bf16", "linear_large_bf16") {
    @Override
    float[] run(TestDevice device) {
      return linearLarge(device, 128);
    }
  },
  LINEAR_CHUNKS("linear", "linear") {
    @Override
    float[] run(TestDevice device) {
      return Chunks.linear(device);
    }
  },
  LINEAR_DW_LARGE_CHUNKS("linear_large_bf16", "linear_dw_large_bf16") {
    @Override
    float[] run(TestDevice device) {
      return Chunks.gradients(device);
    }
  },
  CAUSAL_CONV1D("causal_conv1d", "causal_conv1d") {
    @Override
    float[] run(TestDevice device) {
      long w = device.floats("w", numbers(2 * 66 * 20, 3));
      long b = device.floats("b", numbers(66, 4));
      long y = device.memory().allocate(70 * 66 * 4, "y");
      Dim3 grid = new Dim3(4, 1);
      device.launch(
          kernel, grid, new Dim3(128), x(device, 70 * 20), w, b, y, 0L, 70, 20, 66, 2, 3, 35, 1000);
      return device.floats(y, 70 * 66);
    }
  },
  CAUSAL_CONV1D_DX("causal_conv1d", "causal_conv1d_dx") {
    @Override
    float[] run(TestDevice device) {
      long w = device.floats("w", numbers(2 * 20 * 66, 3));
      long dx = device.floats("dx", numbers(70 * 66, 5));
      Dim3 grid = new Dim3(4, 1);
      device.launch(
          kernel,
          grid,
          new Dim3(128),
          x(device, 70 * 20),
          w,
          dx,
          0,
          0L,
          70,
          66,
          20,
          2,
          3,
          35,
          1000);
      return device.floats(dx, 70 * 66);
    }
  },
  CAUSAL_CONV1D_DW("causal_conv1d", "causal_conv1d_dw") {
    @Override
    float[] run(TestDevice device) {
      long dy = device.floats("dy", numbers(70 * 20, 2));
      long dw = device.floats("dw", numbers(2 * 20 * 66, 5));
      Dim3 grid = new Dim3(4, 1);
      device.launch(
          kernel,
          grid,
          new Dim3(128),
          dy,
          x(device, 70 * 66),
          dw,
          0L,
          0L,
          70,
          66,
          20,
          2,
          3,
          35,
          1000);
      return device.floats(dw, 2 * 20 * 66);
    }
  },
  RESIDUAL_BLOCK_G("residual_block", "residual_block_g") {
    @Override
    float[] run(TestDevice device) {
      float[] small = numbers(2 * 42 * 21, 3); // so that neither tanh nor σ is 1
      for (int k = 0; k < small.length; k++) {
        small[k] /= 32;
      }
      long w = device.floats("w", small);
      long b = device.floats("b", numbers(42, 4));
      long ts = device.memory().allocate(70 * 42 * 4, "ts");
      long g = device.memory().allocate(70 * 21 * 4, "g");
      Dim3 grid = new Dim3(2, 1);
      device.launch(
          kernel, grid, new Dim3(128), x(device, 70 * 21), w, b, ts, g, 0L, 70, 21, 2, 3, 35, 1000);
      return device.floats(g, 70 * 21);
    }
  },
  /// Seven rows of ten pixels, through the taps of 3 x 3 up to the centre.
  GATED_BLOCK_G("gated_block", "gated_block_g") {
    @Override
    float[] run(TestDevice device) {
      float[] small = numbers(5 * 42 * 21, 3); // so that neither tanh nor σ is 1
      for (int k = 0; k < small.length; k++) {
        small[k] /= 64;
      }
      long w = device.floats("w", small);
      long told = device.floats("told", numbers(70 * 42, 4));
      long ts = device.memory().allocate(70 * 42 * 4, "ts");
      long g = device.memory().allocate(70 * 21 * 4, "g");
      Dim3 grid = new Dim3(2, 1);
      device.launch(
          kernel,
          grid,
          new Dim3(128),
          x(device, 70 * 21),
          w,
          told,
          ts,
          g,
          0L,
          0b11111L,
          3,
          1,
          7,
          10,
          21,
          1000);
      return join(device.floats(g, 70 * 21), device.floats(ts, 70 * 42));
    }
  },
  ATTENTION("causal_attention", "causal_attention_16") {
    @Override
    float[] run(TestDevice device) {
      return attention(device);
    }
  },
  ATTENTION_TF32("causal_attention_tf32", "causal_attention_16_tf32") {
    @Override
    float[] run(TestDevice device) {
      return attention(device);
    }
  },
  /// Heads that stream by. Three blocks of queries, the last of which begins before the sequence,
  /// and six tiles of keys, the last cut short.
  ATTENTION_BF16("causal_attention_bf16", "causal_attention_32_bf16") {
    @Override
    float[] run(TestDevice device) {
      int length = 330;
      long y = device.memory().allocate(64L * length, "y");
      long lse = device.memory().allocate(4L * length, "lse");
      long qkv = device.bf16("qkv", numbers(length * 3 * 32, 1));
      device.launch(kernel, new Dim3(3), new Dim3(256), qkv, y, lse, 1, length, 1, 32);
      return join(device.bf16(y, length * 32), device.floats(lse, length));
    }
  },
  ATTENTION_DQ_BF16("causal_attention_bf16", "causal_attention_dq_32_bf16") {
    @Override
    float[] run(TestDevice device) {
      int length = 200;
      long dqkv = device.bf16("dqkv", numbers(length * 3 * 32, 4));
      long delta = device.memory().allocate(4L * length, "delta");
      long lse = device.floats("lse", numbers(length, 3));
      long y = device.bf16("y", numbers(length * 32, 5));
      long dy = device.bf16("dy", numbers(length * 32, 2));
      long qkv = device.bf16("qkv", numbers(length * 3 * 32, 1));
      device.launch(
          kernel, new Dim3(4), new Dim3(128), qkv, y, lse, dy, delta, dqkv, 0, 1, length, 1, 32);
      return join(device.bf16(dqkv, length * 3 * 32), device.floats(delta, length));
    }
  },
  ATTENTION_DKV_BF16("causal_attention_bf16", "causal_attention_dkv_32_bf16") {
    @Override
    float[] run(TestDevice device) {
      int length = 200;
      long dqkv = device.bf16("dqkv", numbers(length * 3 * 32, 4));
      long delta = device.floats("delta", numbers(length, 6));
      long dy = device.bf16("dy", numbers(length * 32, 2));
      long qkv = device.bf16("qkv", numbers(length * 3 * 32, 1));
      long lse =
          device.floats("lse", numbers(length, 3)); // the last, so that nothing lies behind it
      device.launch(
          kernel, new Dim3(4), new Dim3(128), qkv, lse, dy, delta, dqkv, 0, 1, length, 1, 32);
      return device.bf16(dqkv, length * 3 * 32);
    }
  },
  /// Two tiles of keys and seven of queries, the last of each cut short.
  ATTENTION_HEAD_BF16("causal_attention_bf16", "causal_attention_head_32_bf16") {
    @Override
    float[] run(TestDevice device) {
      int length = 200;
      long dqkv = device.bf16("dqkv", numbers(length * 3 * 32, 4));
      long delta = device.memory().allocate(4L * length, "delta");
      long y = device.bf16("y", numbers(length * 32, 5));
      long dy = device.bf16("dy", numbers(length * 32, 2));
      long qkv = device.bf16("qkv", numbers(length * 3 * 32, 1));
      long lse =
          device.floats("lse", numbers(length, 3)); // the last, so that nothing lies behind it
      device.launch(
          kernel,
          new Dim3(1),
          new Dim3(128),
          2 * (64 * 64 + 64 * 4) + 2 * 128 * 64 + 3 * 32 * 32 * 4,
          false,
          List.of(qkv, y, lse, dy, delta, dqkv, 0, 1, length, 1, 32));
      return join(device.bf16(dqkv, length * 3 * 32), device.floats(delta, length));
    }
  };

  final String file;
  final String kernel;

  ShippedKernel(String file, String kernel) {
    this.file = file;
    this.kernel = kernel;
  }

  abstract float[] run(TestDevice device);

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

  float[] linear(TestDevice device) {
    long w = stored(device, "w", numbers(66 * 41, 3));
    long b = device.floats("b", numbers(66, 4));
    long y = device.memory().allocate(70 * 66 * storedBytes(), "y");
    long x = stored(device, "x", numbers(70 * 41, 1));
    Dim3 grid = new Dim3(4, 1);
    device.launch(kernel, grid, new Dim3(128), x, w, b, y, 0L, 70, 41, 66, 0, 1000);
    return stored(device, y, 70 * 66);
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

  float[] attention(TestDevice device) {
    long y = device.memory().allocate(130 * 13 * storedBytes(), "y");
    long lse = device.memory().allocate(130 * 4, "lse");
    long qkv = stored(device, "qkv", numbers(130 * 3 * 13, 1));
    device.launch(kernel, new Dim3(2, 1), new Dim3(224), qkv, y, lse, 1, 130, 1, 13);
    return stored(device, y, 130 * 13);
  }

  /// Four tiles of 128 x 128, all but one of them cut short.
  float[] linearLarge(TestDevice device, int threads) {
    long x = stored(device, "x", numbers(130 * 104, 1));
    long w = stored(device, "w", numbers(136 * 104, 3));
    long b = device.floats("b", numbers(136, 4));
    long y = device.memory().allocate(130 * 136 * storedBytes(), "y");
    device.launch(
        kernel, new Dim3(4, 1), new Dim3(threads), x, w, b, y, 0L, 130, 104, 136, 0, 1000);
    return stored(device, y, 130 * 136);
  }

  /// Whether activations, and the weights that they are multiplied by, are bf16.
  private boolean inBf16() {
    return kernel.endsWith("_bf16");
  }

  private long storedBytes() {
    return inBf16() ? Short.BYTES : Float.BYTES;
  }

  private long stored(TestDevice device, String name, float[] values) {
    return inBf16() ? device.bf16(name, values) : device.floats(name, values);
  }

  private float[] stored(TestDevice device, long address, int count) {
    return inBf16() ? device.bf16(address, count) : device.floats(address, count);
  }

  private static long x(TestDevice device, int count) {
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
