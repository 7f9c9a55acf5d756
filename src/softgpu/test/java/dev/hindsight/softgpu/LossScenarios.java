package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;

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

  private static float[] levels(int count, int levels) {
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      values[k] = k * 7 % levels;
    }
    return values;
  }
}
