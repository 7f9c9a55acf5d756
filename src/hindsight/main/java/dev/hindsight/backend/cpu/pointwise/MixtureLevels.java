package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.MixtureBlock;
import dev.hindsight.backend.cpu.loops.MixtureLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;

/// Logits of all levels of mixtures of logistics, a pixel a share. In a [MixtureBlock] of one
/// channel a block of a value's levels stands where pixels otherwise do.
final class MixtureLevels {
  /// Of a block.
  private static final int LEVELS = 64;

  private final Engine engine;

  MixtureLevels(Engine engine) {
    this.engine = engine;
  }

  /// As [dev.hindsight.backend.LogisticMixture] says.
  void levelLogits(Tensor logits, Tensor target, Mixture mixture, Tensor levelLogits) {
    WarmUp.MIXTURE.before();
    Stored stored = engine.stored(logits);
    Mixture oneChannel = new Mixture(mixture.components(), 1, mixture.levels());
    int outputs = mixture.outputs();
    int channels = mixture.channels();
    long results = (long) channels * mixture.levels();
    long size = MixtureBlock.size(oneChannel, LEVELS);
    engine.scratch().reserve(size + stored.room(outputs + channels + results));
    engine.run(
        logits.rows(),
        (pixel, worker) -> {
          long base = engine.own(worker);
          long room = Native.at(base, size);
          long outputsAt = stored.at(logits.address(), (long) pixel * outputs);
          long own = stored.fetch(outputsAt, room, outputs);
          room = Native.at(room, outputs);
          long levelsAt = stored.at(target.address(), (long) pixel * channels);
          long levels = stored.fetch(levelsAt, room, channels);
          room = Native.at(room, channels);
          long to = stored.at(levelLogits.address(), pixel * results);
          long floats = stored.floats(to, room);
          var seen = new MixturePixel(mixture, 1, own, levels);
          var block = new MixtureBlock(oneChannel, LEVELS, base);
          for (int c = 0; c < channels; c++) {
            ofChannel(seen, c, block, Native.at(floats, (long) c * mixture.levels()));
          }
          stored.store(floats, to, results);
        });
  }

  private void ofChannel(MixturePixel pixel, int channel, MixtureBlock b, long to) {
    int levels = b.mixture().levels();
    if (!pixel.isKnown(channel)) {
      Loops.fill(Float.NaN, to, levels);
      return;
    }
    for (int k = 0; k < b.mixture().components(); k++) {
      long row = (long) k * LEVELS;
      Loops.fill((float) pixel.place(k, channel), Native.at(b.outputs(), row), LEVELS);
      Loops.fill((float) pixel.logWeight(k, channel), Native.at(b.means(), row), LEVELS);
      Loops.fill(pixel.logScale(k, channel), Native.at(b.logScales(), row), LEVELS);
    }
    for (int first = 0; first < levels; first += LEVELS) {
      block(b, first);
      for (int v = first; v < Math.min(levels, first + LEVELS); v++) {
        double sum = Native.get(b.sums(b.joint()), v - first);
        float largest = Native.get(b.largest(b.joint()), v - first);
        Native.put(to, v, (float) (Math.log(sum) + largest));
      }
    }
  }

  /// The softmax of weights and log masses of levels `first, first + 1, …`.
  private void block(MixtureBlock b, int first) {
    int top = b.mixture().top();
    long numbers = b.numbers();
    for (int v = 0; v < LEVELS; v++) {
      Native.put(numbers, v, 2 * Math.min(first + v, top) - top);
    }
    for (int k = 1; k < b.mixture().components(); k++) {
      Native.copy(numbers, Native.at(numbers, (long) k * LEVELS), LEVELS);
    }
    Loops.add(b.outputs(), numbers, b.places(), b.terms());
    MixtureLoops.logMasses(b);
    Loops.add(b.means(), b.masses(), b.joint(), b.terms());
    CpuLogisticMixture.softmax(b, b.joint());
  }
}
