package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.util.List;

/// A launch of the kernel that draws images of a MADE.
final class MadeScenario {
  private MadeScenario() {}

  /// Two images in a block and one in the next, of a MADE of 5 pixels and 6 units.
  static float[] sample(TestDevice device, String kernel) {
    int[] plan = {
      1,
      16, // a hidden layer; the state of an image, each part aligned to 4 floats
      5,
      0,
      30,
      8, // inputs, weight, bias, where its units begin
      6,
      36,
      66,
      16,
      0,
      2,
      3,
      5,
      6,
      6 // units that are known after so many pixels
    };
    float[] flat = ShippedKernel.numbers(71, 2);
    for (int k = 0; k < flat.length; k++) {
      flat[k] -= 0.7f;
    }
    long parameters = device.floats("flat", flat);
    long draw = device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0);
    long pixels = device.floats("pixels", 1, 0, 9, 9, 9, 0, 1, 9, 9, 9, 1, 1, 9, 9, 9);
    long logits = device.memory().allocate(15 * 4, "logits");
    device.launch(
        kernel,
        new Dim3(2),
        new Dim3(256),
        2 * 16 * 4,
        false,
        List.of(parameters, device.ints("plan", plan), draw, 0.8f, 2, pixels, logits, 3, 5));
    return ShippedKernel.join(device.floats(pixels, 15), device.floats(logits, 15));
  }
}
