package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.util.List;

/// Launches of the kernels that lose and draw values of several levels, whose sizes fit no warp.
final class LossScenarios {
  private static final int LANES = 8;
  private static final int CLASSES = 11;

  private LossScenarios() {}

  /// Three images of eleven values, each cut into two pieces; a target of the last is no class.
  static float[] softmax(TestDevice device, String kernel) {
    float[] target = levels(33, CLASSES);
    target[32] = CLASSES;
    long sums = device.memory().allocate(6 * 4, "sums");
    long targets = device.floats("target", target);
    long logits = device.floats("logits", ShippedKernel.centred(33 * CLASSES, 1));
    device.launch(
        kernel, new Dim3(1), new Dim3(256), logits, targets, sums, 3, CLASSES, CLASSES, 2, LANES);
    return device.floats(sums, 6);
  }

  /// Forty values, so that one block goes over 32 of them and then over the rest.
  static float[] softmaxBackward(TestDevice device, String kernel) {
    long dlogits = device.floats("dlogits", ShippedKernel.numbers(40 * CLASSES, 2));
    long targets = device.floats("target", levels(40, CLASSES));
    long logits = device.floats("logits", ShippedKernel.centred(40 * CLASSES, 1));
    device.launch(
        kernel, new Dim3(1), new Dim3(256), logits, targets, 0.5f, dlogits, 0, 40, CLASSES, LANES);
    return device.floats(dlogits, 40 * CLASSES);
  }

  /// Values 1 to 3 of the five of three images, one value more than the block has warps.
  static float[] categorical(TestDevice device, String kernel) {
    int classes = 40;
    long draw = device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0);
    long pixels = device.floats("pixels", ShippedKernel.numbers(3 * 5, 2));
    long logits = device.floats("logits", ShippedKernel.centred(3 * 5 * classes, 1));
    device.launch(
        kernel, new Dim3(1), new Dim3(256), draw, logits, 0.25f, 1, 4, pixels, 3, 5, classes);
    return ShippedKernel.join(device.floats(pixels, 3 * 5), new float[0]);
  }

  private static final int COMPONENTS = 5;
  private static final int CHANNELS = 3;
  private static final int LEVELS = 7;
  private static final int OUTPUTS = COMPONENTS * (1 + 2 * CHANNELS + 3);

  /// Two images of five pixels, each cut into two pieces; a target of the last is no level.
  static float[] mixture(TestDevice device, String kernel) {
    float[] target = levels(10 * CHANNELS, LEVELS);
    target[10 * CHANNELS - 1] = LEVELS;
    long sums = device.memory().allocate(4 * 4, "sums");
    long targets = device.floats("target", target);
    long logits = device.floats("logits", ShippedKernel.centred(10 * OUTPUTS, 1));
    List<Object> parameters =
        List.of(logits, targets, COMPONENTS, CHANNELS, LEVELS, LANES, sums, 2, 5, 2);
    device.launch(kernel, new Dim3(1), new Dim3(256), 0, false, parameters);
    return device.floats(sums, 4);
  }

  /// Forty pixels, so that one block goes over 32 of them and then over the rest. Some log scales
  /// are held.
  static float[] mixtureBackward(TestDevice device, String kernel) {
    float[] outputs = ShippedKernel.centred(40 * OUTPUTS, 1);
    for (int k = 0; k < outputs.length; k += 7) {
      outputs[k] *= 20;
    }
    long dlogits = device.floats("dlogits", ShippedKernel.numbers(40 * OUTPUTS, 2));
    long targets = device.floats("target", levels(40 * CHANNELS, LEVELS));
    long logits = device.floats("logits", outputs);
    List<Object> parameters =
        List.of(logits, targets, COMPONENTS, CHANNELS, LEVELS, LANES, 0.5f, dlogits, 0, 40);
    device.launch(kernel, new Dim3(1), new Dim3(256), 0, false, parameters);
    return device.floats(dlogits, 40 * OUTPUTS);
  }

  /// Values 2 to 7 of the nine of four images: parts of three pixels, more than the block has
  /// warps.
  static float[] mixtureDraw(TestDevice device, String kernel) {
    long draw = device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0);
    long pixels = device.floats("pixels", levels(4 * 9, LEVELS));
    long logits = device.floats("logits", ShippedKernel.centred(4 * 3 * OUTPUTS, 1));
    List<Object> parameters =
        List.of(draw, logits, 0.5f, COMPONENTS, CHANNELS, LEVELS, 32, 2, 8, pixels, 4, 9);
    int shared = 8 * 4 * COMPONENTS * Float.BYTES;
    device.launch(kernel, new Dim3(1), new Dim3(256), shared, false, parameters);
    return ShippedKernel.join(device.floats(pixels, 4 * 9), new float[0]);
  }

  private static float[] levels(int count, int levels) {
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      values[k] = k * 5 % levels;
    }
    return values;
  }
}
