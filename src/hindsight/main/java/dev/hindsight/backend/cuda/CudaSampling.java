package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.draw.MadePlan;
import dev.hindsight.backend.cuda.draw.PixelSampling;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Uploads;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Launches `made_sample.cu` and `lstm_sample.cu`, and has [PixelSampling] launch the rest.
final class CudaSampling extends CudaFamily implements Sampling, AutoCloseable {

  private final Uploads uploads;
  private final List<Kernel> made = kernels("made_sample_");
  private final List<Kernel> madeOfClasses = kernels("made_sample_classes_");
  private final PersistentLstm residence;
  private final PixelSampling byPixel;

  CudaSampling(Kernels kernels, Uploads uploads, PersistentLstm residence, PixelSampling byPixel) {
    super(kernels);
    this.byPixel = byPixel;
    this.residence = residence;
    this.uploads = uploads;
  }

  /// Of which a block draws 1, 2 or 4 images.
  private List<Kernel> kernels(String name) {
    return Stream.of("1", "2", "4")
        .map(images -> kernels.kernel("made_sample", name + images, THREADS))
        .toList();
  }

  /// Where an image fits into the shared memory of a block.
  @Override
  public boolean drawsMade(MadeLoop loop, int images) {
    return geometry.imagesPerBlock(images, MadePlan.floatsPerImage(loop)) > 0;
  }

  @Override
  public void made(MadeLoop loop, Tensor flat, @Nullable Tensor ofClasses, WholeImages images) {
    int rows = images.count();
    int floats = MadePlan.floatsPerImage(loop);
    int each = geometry.imagesPerBlock(rows, floats);
    long plan = uploads.of(loop, "plan of a MADE", MadePlan::words);
    launcher
        .begin()
        .put(flat)
        .putAddress(plan)
        .put(images.draw())
        .putFloat(images.temperature())
        .putInt(images.from());
    launcher
        .put(images.pixels())
        .put(images.logits())
        .putInt(rows)
        .putInt(images.pixels().channels());
    if (ofClasses != null) {
      launcher.put(ofClasses);
    }
    launcher.launchWithShared(
        (ofClasses == null ? made : madeOfClasses).get(Integer.numberOfTrailingZeros(each)),
        (rows + each - 1) / each,
        1,
        each * floats * Float.BYTES);
  }

  /// Where the recurrent weights fit on the chip.
  @Override
  public boolean drawsLstm(int hidden) {
    return residence.sampling(hidden, false) != null && residence.sampling(hidden, true) != null;
  }

  @Override
  public void lstm(LstmLoop loop, Tensor state, @Nullable Tensor ofClasses, WholeImages images) {
    int rows = images.count();
    int hidden = loop.hidden();
    PersistentLstm.Launch together =
        Objects.requireNonNull(residence.sampling(hidden, ofClasses != null));
    launcher.begin().put(loop.wx()).put(loop.bx()).put(loop.wh()).put(loop.bh());
    launcher
        .put(loop.head())
        .put(loop.headBias())
        .put(images.draw())
        .putFloat(images.temperature())
        .putInt(images.from());
    launcher.put(state).putAddress(state.address() + 2L * rows * hidden * Float.BYTES);
    launcher.put(images.pixels()).put(images.logits());
    launcher.putInt(rows).putInt(hidden).putInt(images.pixels().channels()).putInt(loop.side());
    launcher.putInt(together.stages());
    if (ofClasses != null) {
      launcher.put(ofClasses);
    }
    launcher.launchTogether(together.kernel(), together.blocks(), together.sharedBytes());
  }

  @Override
  public boolean drawsPixels(int channels, int head) {
    return byPixel.draws(channels, head);
  }

  /// It is a barrier over the grid.
  @Override
  public boolean multipliesOut() {
    return true;
  }

  @Override
  public int slices(int images, int channels, int hidden, int readers) {
    return byPixel.slices(images, channels, hidden, readers);
  }

  @Override
  public void pixels(PixelLoop loop, OutputHead head, WholeImages images) {
    byPixel.draw(loop, head, images);
  }

  long bytes() {
    return byPixel.bytes();
  }

  @Override
  public void close() {
    byPixel.close();
  }
}
