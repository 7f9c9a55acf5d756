package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.ShippedKernel.numbers;
import static dev.hindsight.softgpu.ShippedKernel.x;

import dev.hindsight.softgpu.base.Dim3;
import java.util.ArrayList;
import java.util.List;

/// Launches of kernels that convolve, whose sizes fit no tile.
final class ConvolutionScenarios {
  private ConvolutionScenarios() {}

  /// Sizes of the causal ones: so many channels from and to, then two taps three apart in sequences
  /// of 35.
  private static List<Integer> causal(int... channels) {
    List<Integer> sizes = new ArrayList<>(List.of(70));
    for (int each : channels) {
      sizes.add(each);
    }
    sizes.addAll(List.of(2, 3, 35, 1000));
    return sizes;
  }

  private static void launch(
      TestDevice device, String kernel, int blocks, List<?> pointers, List<Integer> sizes) {
    List<Object> parameters = new ArrayList<>(pointers);
    parameters.addAll(sizes);
    device.launch(kernel, new Dim3(blocks, 1), new Dim3(128), parameters.toArray());
  }

  static float[] causal(TestDevice device, String kernel) {
    long w = device.floats("w", numbers(2 * 66 * 20, 3));
    long b = device.floats("b", numbers(66, 4));
    long y = device.memory().allocate(70 * 66 * 4, "y");
    launch(device, kernel, 4, List.of(x(device, 70 * 20), w, b, y, 0L), causal(20, 66));
    return device.floats(y, 70 * 66);
  }

  static float[] causalDx(TestDevice device, String kernel) {
    long w = device.floats("w", numbers(2 * 20 * 66, 3));
    long dx = device.floats("dx", numbers(70 * 66, 5));
    launch(device, kernel, 4, List.of(x(device, 70 * 20), w, dx, 0, 0L), causal(66, 20));
    return device.floats(dx, 70 * 66);
  }

  static float[] causalDw(TestDevice device, String kernel) {
    long dy = device.floats("dy", numbers(70 * 20, 2));
    long dw = device.floats("dw", numbers(2 * 20 * 66, 5));
    launch(device, kernel, 4, List.of(dy, x(device, 70 * 66), dw, 0L, 0L), causal(66, 20));
    return device.floats(dw, 2 * 20 * 66);
  }

  static float[] residualGate(TestDevice device, String kernel) {
    long w = weights(device, 2 * 42 * 21, 32);
    long b = device.floats("b", numbers(42, 4));
    long ts = device.memory().allocate(70 * 42 * 4, "ts");
    long g = device.memory().allocate(70 * 21 * 4, "g");
    launch(device, kernel, 2, List.of(x(device, 70 * 21), w, b, ts, g, 0L), causal(21));
    return device.floats(g, 70 * 21);
  }

  /// Seven rows of ten pixels, through the taps of 3 x 3 up to the centre.
  static float[] gatedGate(TestDevice device, String kernel) {
    long w = weights(device, 5 * 42 * 21, 64);
    long told = device.floats("told", numbers(70 * 42, 4));
    long ts = device.memory().allocate(70 * 42 * 4, "ts");
    long g = device.memory().allocate(70 * 21 * 4, "g");
    List<Long> pointers = List.of(x(device, 70 * 21), w, told, ts, g, 0L, 0b11111L);
    launch(device, kernel, 2, pointers, List.of(3, 1, 7, 10, 21, 1000));
    return ShippedKernel.join(device.floats(g, 70 * 21), device.floats(ts, 70 * 42));
  }

  /// Small, so that neither tanh nor σ is 1.
  private static long weights(TestDevice device, int count, float divisor) {
    float[] small = numbers(count, 3);
    for (int k = 0; k < small.length; k++) {
      small[k] /= divisor;
    }
    return device.floats("w", small);
  }
}
