package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Launches of the kernels that draw by an LSTM or keep its weights in registers, whose sizes fit
/// no tile.
final class LstmScenarios {
  private static final int STEPS = 3;

  private LstmScenarios() {}

  /// Nine blocks, the last of which has six units, and K of two stages.
  static float[] sample(TestDevice device, String kernel) {
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
            device.floats("wx", ShippedKernel.centred(4 * hidden * 3, 2)),
            device.floats("bx", ShippedKernel.centred(4 * hidden, 3)),
            device.floats("wh", ShippedKernel.centred(4 * hidden * hidden, 4)),
            device.floats("bh", ShippedKernel.centred(4 * hidden, 5)),
            device.floats("head", ShippedKernel.centred(hidden, 6)),
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
    return ShippedKernel.join(
        device.floats(pixels, known.length), device.floats(logits, known.length));
  }

  /// Three blocks across, the last of which has eight units; of three tiles of rows the first three
  /// blocks take two in turn.
  static float[] resident(TestDevice device, String kernel) {
    int hidden = 40;
    int batch = 17;
    int state = batch * hidden;
    long h = device.memory().allocate(2L * (STEPS + 1) * state, "h");
    device.memory().copyIn(h, MemorySegment.ofArray(new short[state]), 2L * state);
    long c = device.memory().allocate(4L * (STEPS + 1) * state, "c");
    device.memory().copyIn(c, MemorySegment.ofArray(new float[state]), 4L * state);
    long wh = device.bf16("wh", ShippedKernel.centred(4 * hidden * hidden, 2));
    long gates = device.bf16("gates", ShippedKernel.centred(STEPS * 4 * state, 3));
    launch(device, kernel, 6, List.of(wh, h, c, gates, STEPS, batch, hidden));
    return ShippedKernel.join(
        device.bf16(h + 2L * state, STEPS * state), device.bf16(gates, STEPS * 4 * state));
  }

  /// Five column tiles, the last of which has eight units, and two chunks of K, the second of which
  /// has 32.
  static float[] residentBackward(TestDevice device, String kernel) {
    int hidden = 264;
    int batch = 9;
    int state = batch * hidden;
    float[] open = ShippedKernel.numbers(STEPS * 4 * state, 3);
    for (int k = 0; k < open.length; k++) {
      open[k] /= 2; // no gate is 1, whose slope is 0
    }
    long wh = device.bf16("wh", ShippedKernel.centred(4 * hidden * hidden, 2));
    long c = device.floats("c", ShippedKernel.numbers((STEPS + 1) * state, 4));
    long gates = device.bf16("gates", open);
    long dh = device.bf16("dh", ShippedKernel.centred(STEPS * state, 5));
    long dc = device.floats("dc", new float[state]);
    long partial = device.memory().allocate(4L * 2 * state, "partial");
    launch(device, kernel, 10, List.of(wh, c, gates, dh, dc, partial, STEPS, batch, hidden));
    return ShippedKernel.join(device.floats(dc, state), device.bf16(gates, STEPS * 4 * state));
  }

  /// Tiles of eight rows: 8 warps leave 64 sums of each.
  private static void launch(TestDevice device, String kernel, int blocks, List<Object> values) {
    device.launch(kernel, new Dim3(blocks), new Dim3(256), 8 * 8 * 68 * 4, true, values);
  }
}
