package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.lang.foreign.MemorySegment;

/// Launches in which eight blocks share a tile, each twice, since the first leaves the counters to
/// the second.
final class Chunks {
  private static final int TILES = 4;
  private static final int CHUNKS = 8;
  private static final int COUNTERS = 256; // bytes
  private static final int THREADS = 128;

  /// Floats of a slot of the small tile; one of the large takes four.
  private static final int SLOT = 64 * 64 + 4 * THREADS;

  private Chunks() {}

  /// y of a linear layer.
  static float[] linear(TestDevice device) {
    long scratch = scratch(device, SLOT);
    return ShippedKernel.join(linear(device, scratch), linear(device, scratch));
  }

  private static float[] linear(TestDevice device, long scratch) {
    long x = device.floats("x", ShippedKernel.numbers(70 * 256, 1));
    long w = device.floats("w", ShippedKernel.numbers(66 * 256, 3));
    long b = device.floats("b", ShippedKernel.numbers(66, 4));
    long y = device.memory().allocate(70 * 66 * 4, "y");
    launch(device, "linear", x, w, b, y, scratch, 70, 256, 66, 0, 2);
    return device.floats(y, 70 * 66);
  }

  /// The gradients of weights and biases, with large tiles.
  static float[] gradients(TestDevice device) {
    long scratch = scratch(device, 4 * SLOT);
    return ShippedKernel.join(gradients(device, scratch), gradients(device, scratch));
  }

  private static float[] gradients(TestDevice device, long scratch) {
    long dy = device.bf16("dy", ShippedKernel.numbers(240 * 136, 1));
    long x = device.bf16("x", ShippedKernel.numbers(240 * 144, 3));
    long dw = device.floats("dw", ShippedKernel.numbers(136 * 144, 4));
    long db = device.floats("db", ShippedKernel.numbers(136, 5));
    launch(device, "linear_dw_large_bf16", dy, x, dw, db, scratch, 240, 144, 136, 1);
    return ShippedKernel.join(device.floats(db, 136), device.floats(dw, 136 * 144));
  }

  private static void launch(TestDevice device, String kernel, Object... parameters) {
    device.launch(kernel, new Dim3(TILES, CHUNKS), new Dim3(THREADS), parameters);
  }

  /// Slots of so many floats, behind a counter for each.
  private static long scratch(TestDevice device, int floats) {
    long at = device.memory().allocate(COUNTERS + 4L * TILES * CHUNKS * floats, "scratch");
    device.memory().copyIn(at, MemorySegment.ofArray(new byte[COUNTERS]), COUNTERS);
    return at + COUNTERS;
  }
}
