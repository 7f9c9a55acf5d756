package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.ShippedKernel.numbers;

import dev.hindsight.softgpu.base.Dim3;
import java.util.ArrayList;
import java.util.List;

/// Launches of kernels that read pixels: four images of 5 x 5 pixels of two channels, whose values
/// count up to 12, of which the last is no value where there are 12 levels.
final class ReadScenarios {
  private static final int IMAGES = 4;
  private static final int PIXELS = 25;
  private static final int CHANNELS = 2;
  private static final int LEVELS = 12;
  private static final int WIDTH = 37;

  private ReadScenarios() {}

  private static long pixels(TestDevice device) {
    float[] values = new float[IMAGES * PIXELS * CHANNELS];
    for (int k = 0; k < values.length; k++) {
      values[k] = k % (LEVELS + 1);
    }
    return device.floats("pixels", values);
  }

  static float[] previous(TestDevice device, String kernel) {
    int size = IMAGES * PIXELS * (CHANNELS + 2);
    long y = device.memory().allocate(4L * size, "y");
    long pixels = pixels(device);
    device.launch(
        kernel, new Dim3(2), new Dim3(256), pixels, y, (long) size, PIXELS, CHANNELS, 5, 5);
    float[] read = device.floats(y, size);
    for (int k = 0; k < size; k++) {
      read[k] += 1; // a 0 is a result too
    }
    return read;
  }

  static float[] embedded(TestDevice device, String kernel) {
    long table = device.floats("table", numbers(CHANNELS * LEVELS * WIDTH, 2));
    long position = device.floats("position", numbers(PIXELS * WIDTH, 3));
    int size = IMAGES * PIXELS * WIDTH;
    long y = device.memory().allocate(4L * size, "y");
    long pixels = pixels(device);
    List<Object> pointers = List.of(pixels, table, position, y);
    device.launch(
        kernel,
        new Dim3(3),
        new Dim3(256),
        0,
        false,
        join(pointers, IMAGES, PIXELS, CHANNELS, LEVELS, WIDTH, 0, PIXELS));
    return device.floats(y, size);
  }

  /// Two pieces of the rows, each by four of a block's warps.
  static float[] chosen(TestDevice device, String kernel) {
    int warps = 4;
    int size = 2 * CHANNELS * LEVELS * WIDTH;
    long dy = device.floats("dy", numbers(IMAGES * PIXELS * WIDTH, 2));
    long sums = device.memory().allocate(4L * size, "sums");
    long pixels = pixels(device);
    List<Object> pointers = List.of(pixels, dy, sums);
    device.launch(
        kernel,
        new Dim3(CHANNELS * 2, 2),
        new Dim3(256),
        warps * LEVELS * 32 * Float.BYTES,
        false,
        join(pointers, IMAGES * PIXELS, PIXELS, CHANNELS, LEVELS, WIDTH, 52, warps, 0));
    return device.floats(sums, size);
  }

  private static List<Object> join(List<Object> pointers, Object... sizes) {
    List<Object> all = new ArrayList<>(pointers);
    all.addAll(List.of(sizes));
    return all;
  }
}
