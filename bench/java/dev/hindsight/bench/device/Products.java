package dev.hindsight.bench.device;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.SimulatedDevice;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/// Launches of the kernels of `products.cu`.
final class Products {
  private Products() {}

  /// The launch of one of them on matrices of its own.
  static Runnable of(SimulatedDevice device, String ptx, String name, int side) {
    Kernel kernel = Objects.requireNonNull(device.load(ptx, "products").kernel(name), name);
    ByteBuffer parameters =
        ByteBuffer.allocate(kernel.parameterBytes()).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[side * side];
    for (int k = 0; k < values.length; k++) {
      values[k] = k % 251 / 251f - 0.5f;
    }
    for (String matrix : new String[] {"a", "b", "c"}) {
      long address = device.memory().allocate(values.length * 4L, matrix);
      if (!matrix.equals("c")) {
        device.memory().copyIn(address, MemorySegment.ofArray(values), values.length * 4L);
      }
      parameters.putLong(address);
    }
    parameters.putInt(side);
    int tile = name.equals("blocked") ? 64 : 16;
    Dim3 block = tile == 64 ? new Dim3(256) : new Dim3(tile, tile);
    Dim3 grid = new Dim3(side / tile, side / tile);
    return () -> device.launch(kernel, grid, block, 0, parameters.array(), false);
  }
}
