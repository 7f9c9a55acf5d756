package dev.hindsight.backend.cuda.launch;

import static jcuda.driver.JCudaDriver.cuLaunchCooperativeKernel;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cuda.device.Cuda;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/// Puts kernel parameters into native memory and launches.
///
/// Every parameter has a slot of 8 bytes, and a table of the slots' addresses, which is what the
/// driver reads, is written once for all. A launch therefore allocates nothing on either side.
///
/// A grid without blocks is nothing: no family asks whether its tensors are empty.
public final class KernelLauncher implements AutoCloseable {
  public static final int SLOTS = 32;

  private final CudaDevice device;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment values = arena.allocate(SLOTS * 8L, 8);
  private final Pointer table;
  private int used;
  private boolean begun;

  /// Threads of a block.
  public record Block(int x, int y, int z) {}

  /// A kernel and the number of threads of its blocks, which its code fixes. It is compiled for the
  /// GPU at hand when it is first asked for, and most never are.
  public static final class Kernel {
    private static final int UNASKED = 48 << 10;

    private final String name;
    private final Supplier<CUfunction> load;
    private final Block block;
    private @Nullable CUfunction function;
    private int allowed = UNASKED; // bytes of dynamic shared memory

    public Kernel(String name, Supplier<CUfunction> load, int threads) {
      this.name = name;
      this.load = load;
      this.block = new Block(threads, 1, 1);
    }

    public String name() {
      return name;
    }

    public int threads() {
      return block.x();
    }

    public CUfunction function() {
      CUfunction now = function;
      if (now == null) {
        now = load.get();
        function = now;
      }
      return now;
    }
  }

  public KernelLauncher(CudaDevice device) {
    this.device = device;
    MemorySegment addresses = arena.allocate(SLOTS * 8L, 8);
    for (int i = 0; i < SLOTS; i++) {
      addresses.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + i * 8L);
    }
    table = Pointer.to(addresses.asByteBuffer());
  }

  /// Begins a list of parameters. Whatever was put and not launched, since an operand failed on the
  /// way, is forgotten here and never shifts the next launch's parameters.
  public KernelLauncher begin() {
    used = 0;
    begun = true;
    return this;
  }

  private int next() {
    if (!begun) {
      throw new IllegalStateException("a list of parameters begins with begin()");
    }
    return used++;
  }

  /// A tensor, or null where a kernel takes one for "none".
  public KernelLauncher put(@Nullable Tensor tensor) {
    return putAddress(tensor == null ? 0 : tensor.address());
  }

  /// By its number in `common.cuh`.
  public KernelLauncher put(Activation f) {
    return putInt(
        switch (f) {
          case IDENTITY -> 0;
          case RELU -> 1;
          case TANH -> 2;
          case SIGMOID -> 3;
          case GELU -> 4;
        });
  }

  public KernelLauncher putAddress(long address) {
    return putLong(address);
  }

  public KernelLauncher putLong(long value) {
    values.setAtIndex(ValueLayout.JAVA_LONG, next(), value);
    return this;
  }

  /// The address of a gradient and whether it is fresh: two parameters.
  public KernelLauncher put(@Nullable Gradient gradient) {
    put(gradient == null ? null : gradient.tensor());
    return putInt(gradient != null && gradient.fresh() ? 1 : 0);
  }

  public KernelLauncher putInt(int value) {
    values.set(ValueLayout.JAVA_INT, next() * 8L, value);
    return this;
  }

  public KernelLauncher putFloat(float value) {
    values.set(ValueLayout.JAVA_FLOAT, next() * 8L, value);
    return this;
  }

  /// Starts the kernel with the parameters put since [#begin].
  public void launch(Kernel kernel, int gridX, int gridY) {
    launchWithShared(kernel, gridX, gridY, 0);
  }

  /// The same, each block with so many bytes of dynamic shared memory.
  public void launchWithShared(Kernel kernel, int gridX, int gridY, int bytes) {
    CUfunction function = kernel.function();
    if (bytes > kernel.allowed) {
      device.allowShared(kernel.name(), function, bytes);
      kernel.allowed = bytes;
    }
    launch(kernel.name(), function, kernel.block, gridX, gridY, 1, bytes);
  }

  /// Any function on any grid.
  public void launch(
      String name,
      CUfunction function,
      Block block,
      int gridX,
      int gridY,
      int gridZ,
      int sharedBytes) {
    begun = false;
    if (gridX == 0 || gridY == 0 || gridZ == 0) {
      return;
    }
    device.bind();
    int result =
        cuLaunchKernel(
            function,
            gridX,
            gridY,
            gridZ,
            block.x(),
            block.y(),
            block.z(),
            sharedBytes,
            device.stream(),
            table,
            null);
    if (result != 0) {
      Cuda.check(result, "%s on a grid of %d x %d".formatted(name, gridX, gridY));
    }
  }

  /// Starts a kernel whose blocks all run at once and may wait for each other.
  ///
  /// @param shared bytes of shared memory beside what the kernel declares
  public void launchTogether(Kernel kernel, int blocks, int shared) {
    begun = false;
    if (blocks == 0) {
      return;
    }
    device.bind();
    int result =
        cuLaunchCooperativeKernel(
            kernel.function(),
            blocks,
            1,
            1,
            kernel.threads(),
            1,
            1,
            shared,
            device.stream(),
            table);
    if (result != 0) {
      Cuda.check(
          result,
          "%s, %d blocks at once with %d bytes of shared memory each"
              .formatted(kernel.name(), blocks, shared));
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
