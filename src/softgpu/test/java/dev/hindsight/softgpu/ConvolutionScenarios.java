package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;

/// Launches of kernels that convolve, whose sizes fit no tile.
final class ConvolutionScenarios {
  private ConvolutionScenarios() {}

  static float[] causal(TestDevice device, String kernel) {
    long w = device.floats("w", ShippedKernel.numbers(2 * 66 * 20, 3));
    long b = device.floats("b", ShippedKernel.numbers(66, 4));
    long y = device.memory().allocate(70 * 66 * 4, "y");
    Dim3 grid = new Dim3(4, 1);
    device.launch(
        kernel,
        grid,
        new Dim3(128),
        ShippedKernel.x(device, 70 * 20),
        w,
        b,
        y,
        0L,
        70,
        20,
        66,
        2,
        3,
        35,
        1000);
    return device.floats(y, 70 * 66);
  }

  static float[] causalDx(TestDevice device, String kernel) {
    long w = device.floats("w", ShippedKernel.numbers(2 * 20 * 66, 3));
    long dx = device.floats("dx", ShippedKernel.numbers(70 * 66, 5));
    Dim3 grid = new Dim3(4, 1);
    device.launch(
        kernel,
        grid,
        new Dim3(128),
        ShippedKernel.x(device, 70 * 20),
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

  static float[] causalDw(TestDevice device, String kernel) {
    long dy = device.floats("dy", ShippedKernel.numbers(70 * 20, 2));
    long dw = device.floats("dw", ShippedKernel.numbers(2 * 20 * 66, 5));
    Dim3 grid = new Dim3(4, 1);
    device.launch(
        kernel,
        grid,
        new Dim3(128),
        dy,
        ShippedKernel.x(device, 70 * 66),
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

  static float[] residualGate(TestDevice device, String kernel) {
    float[] small = ShippedKernel.numbers(2 * 42 * 21, 3); // so that neither tanh nor σ is 1
    for (int k = 0; k < small.length; k++) {
      small[k] /= 32;
    }
    long w = device.floats("w", small);
    long b = device.floats("b", ShippedKernel.numbers(42, 4));
    long ts = device.memory().allocate(70 * 42 * 4, "ts");
    long g = device.memory().allocate(70 * 21 * 4, "g");
    Dim3 grid = new Dim3(2, 1);
    device.launch(
        kernel,
        grid,
        new Dim3(128),
        ShippedKernel.x(device, 70 * 21),
        w,
        b,
        ts,
        g,
        0L,
        70,
        21,
        2,
        3,
        35,
        1000);
    return device.floats(g, 70 * 21);
  }

  /// Seven rows of ten pixels, through the taps of 3 x 3 up to the centre.
  static float[] gatedGate(TestDevice device, String kernel) {
    float[] small = ShippedKernel.numbers(5 * 42 * 21, 3); // so that neither tanh nor σ is 1
    for (int k = 0; k < small.length; k++) {
      small[k] /= 64;
    }
    long w = device.floats("w", small);
    long told = device.floats("told", ShippedKernel.numbers(70 * 42, 4));
    long ts = device.memory().allocate(70 * 42 * 4, "ts");
    long g = device.memory().allocate(70 * 21 * 4, "g");
    Dim3 grid = new Dim3(2, 1);
    device.launch(
        kernel,
        grid,
        new Dim3(128),
        ShippedKernel.x(device, 70 * 21),
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
    return ShippedKernel.join(device.floats(g, 70 * 21), device.floats(ts, 70 * 42));
  }
}
