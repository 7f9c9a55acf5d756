package dev.hindsight.backend.cuda.draw;

import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.device.Staging;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.tensor.Memory;

/// Launches `pixel_sample.cu`, `pixel_sample_classes.cu` or `pixel_sample_values.cu`: a block for
/// each multiprocessor, or fewer where no phase has tiles for all. The plan of the loop at hand
/// lies on the GPU, in memory that is kept.
public final class PixelSampling implements AutoCloseable {
  private static final int THREADS = 256;
  private static final int MOST_NORMED = 640; // inputs that lie in shared memory at a time
  private static final int MOST_OF_HEAD = 128;

  private final Memory memory;
  private final Staging staging;
  private final KernelLauncher launcher;
  private final CudaDevice device;
  private final int blocks;
  private final Kernel layers;
  private final Kernel attends;
  private final Kernel layersOfClasses;
  private final Kernel attendsOfClasses;
  private final Kernel layersOfValues;
  private final Kernel attendsOfValues;
  private long plan;
  private long bytes;

  public PixelSampling(Kernels kernels, Memory memory, Staging staging, CudaDevice device) {
    this.memory = memory;
    this.staging = staging;
    this.launcher = kernels.launcher();
    this.device = device;
    this.blocks = Math.min(kernels.geometry().multiprocessors(), device.multiprocessors());
    this.layers = kernels.kernel("pixel_sample", "pixel_sample", THREADS);
    this.attends = kernels.kernel("pixel_sample", "pixel_sample_attends", THREADS);
    this.layersOfClasses = kernels.kernel("pixel_sample_classes", "pixel_sample_classes", THREADS);
    this.attendsOfClasses =
        kernels.kernel("pixel_sample_classes", "pixel_sample_classes_attends", THREADS);
    this.layersOfValues = kernels.kernel("pixel_sample_values", "pixel_sample_values", THREADS);
    this.attendsOfValues =
        kernels.kernel("pixel_sample_values", "pixel_sample_values_attends", THREADS);
  }

  public boolean draws(int channels, int head) {
    return channels <= MOST_NORMED && head <= MOST_OF_HEAD && device.launchesTogether();
  }

  public int slices(int images, int channels, int hidden, int readers) {
    var work = new PerceptronTiling.Work(images, channels, hidden);
    return PerceptronTiling.of(work, readers, blocks).slices();
  }

  public void draw(PixelLoop loop, OutputHead head, WholeImages images) {
    int rows = images.count();
    if (rows == 0) {
      return;
    }
    var listed = new PixelPlan(loop, head, rows, blocks);
    upload(listed.words());
    launcher.begin().putAddress(plan).putAddress(plan + listed.stepsAt());
    launcher.putAddress(plan + listed.termsAt());
    if (listed.ofValues()) {
      launcher.putAddress(plan + listed.headAt());
    }
    launcher
        .putInt(listed.phaseCount())
        .put(images.draw())
        .putFloat(images.temperature())
        .putInt(images.from())
        .put(images.pixels())
        .put(images.logits());
    launcher.putInt(rows).putInt(images.pixels().channels() / loop.shape().channels());
    launcher.putInt(loop.width()).putInt(loop.shape().height());
    launcher.launchTogether(kernel(listed), Math.min(blocks, listed.useful()), 0);
  }

  private Kernel kernel(PixelPlan listed) {
    if (listed.ofValues()) {
      return listed.attends() ? attendsOfValues : layersOfValues;
    }
    if (listed.ofImages()) {
      return listed.attends() ? attendsOfClasses : layersOfClasses;
    }
    return listed.attends() ? attends : layers;
  }

  /// What ran before still reads the last plan; a copy waits for it, as all work in the stream
  /// does.
  private void upload(int[] words) {
    long size = (long) words.length * Integer.BYTES;
    if (size > bytes) {
      close();
      plan = memory.reserve(size, "plan of a pixel");
      bytes = size;
    }
    staging.write(plan, words);
  }

  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (bytes > 0) {
      memory.release(plan);
      bytes = 0;
    }
  }
}
