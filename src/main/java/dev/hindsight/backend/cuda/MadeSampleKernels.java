package dev.hindsight.backend.cuda;

import dev.hindsight.backend.MadeLoop;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.Tensor;
import java.util.IdentityHashMap;

/// Launches `made_sample.cu`. The plans of the models in use lie on the GPU: uploaded when first
/// met, kept until the backend closes.
final class MadeSampleKernels implements AutoCloseable {
  private static final int THREADS = 256;

  private final Memory memory;
  private final Staging staging;
  private final Launcher launcher;
  private final Shapes shapes;
  private final Kernel one;
  private final Kernel two;
  private final Kernel four;
  private final IdentityHashMap<MadeLoop, Long> plans = new IdentityHashMap<>();
  private long bytes;

  MadeSampleKernels(
      Modules modules, Launcher launcher, Shapes shapes, Memory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
    this.launcher = launcher;
    this.shapes = shapes;
    one = kernel(modules, "made_sample_1");
    two = kernel(modules, "made_sample_2");
    four = kernel(modules, "made_sample_4");
  }

  private static Kernel kernel(Modules modules, String name) {
    return new Kernel(name, modules.function("made_sample", name), THREADS);
  }

  /// Draws all pixels from `from` on.
  ///
  /// @return false where an image does not fit into the shared memory of a block
  boolean sample(
      MadeLoop loop,
      Tensor flat,
      Tensor draw,
      float temperature,
      int from,
      Tensor pixels,
      Tensor logits) {
    int rows = pixels.rows();
    int images = shapes.imagesPerBlock(rows, loop.floatsPerImage());
    if (images == 0) {
      return false;
    }
    long plan = plans.computeIfAbsent(loop, this::upload);
    launcher.put(flat).putAddress(plan).put(draw).putFloat(temperature).putInt(from);
    launcher.put(pixels).put(logits).putInt(rows).putInt(pixels.channels());
    launcher.launchWithShared(
        switch (images) {
          case 1 -> one;
          case 2 -> two;
          default -> four;
        },
        (rows + images - 1) / images,
        images * loop.floatsPerImage() * Float.BYTES);
    return true;
  }

  private long upload(MadeLoop loop) {
    int[] plan = loop.plan();
    long size = plan.length * (long) Integer.BYTES;
    long address = memory.reserve(size, "plan of a MADE");
    bytes += size;
    staging.write(address, plan);
    return address;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    plans.values().forEach(memory::release);
    plans.clear();
  }
}
