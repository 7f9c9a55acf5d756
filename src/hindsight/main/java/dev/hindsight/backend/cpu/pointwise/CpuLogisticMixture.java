package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.MixtureBlock;
import dev.hindsight.backend.cpu.loops.MixtureLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Pixels of a mixture of logistics, a block of them a share.
public final class CpuLogisticMixture implements LogisticMixture {
  /// Of a block: all about them stays in the second cache.
  private static final int PIXELS = 64;

  private final Engine engine;
  private final MixtureDraws draws;
  private final MixtureLevels levels;

  public CpuLogisticMixture(Engine engine) {
    this.engine = engine;
    this.draws = new MixtureDraws(engine);
    this.levels = new MixtureLevels(engine);
  }

  /// What an op reads.
  private record Read(Stored stored, long logits, long target, int pixels) {
    static Read of(Engine engine, Tensor logits, Tensor target) {
      return new Read(engine.stored(logits), logits.address(), target.address(), logits.rows());
    }

    /// Pixels of a block.
    int count(int block) {
      return Math.min(PIXELS, pixels - block * PIXELS);
    }
  }

  @Override
  public void forward(Tensor logits, Tensor target, Mixture mixture, Tensor nll) {
    WarmUp.MIXTURE.before();
    Read read = Read.of(engine, logits, target);
    long size = MixtureBlock.size(mixture, PIXELS);
    engine.scratch().reserve(size + read.stored.room((long) PIXELS * mixture.outputs()));
    engine.shared().reserve(read.pixels);
    long losses = engine.shared().of(0);
    engine.run(
        Math.ceilDiv(read.pixels, PIXELS),
        (block, worker) -> {
          long base = engine.own(worker);
          MixtureBlock b = new MixtureBlock(mixture, PIXELS, base);
          weigh(read, block, b, Native.at(base, size));
          int count = read.count(block);
          for (int pixel = 0; pixel < count; pixel++) {
            long at = Native.at(losses, (long) block * PIXELS + pixel);
            Native.put(at, (float) loss(b, pixel));
          }
        });
    RowSums.of(losses, nll, read.pixels);
  }

  private static double loss(MixtureBlock b, int pixel) {
    double prior = Math.log(Native.get(Native.at(b.sums(b.prior()), pixel)));
    double joint = Math.log(Native.get(Native.at(b.sums(b.joint()), pixel)));
    return prior - joint - Native.get(Native.at(b.largest(b.joint()), pixel));
  }

  @Override
  public void backward(
      Tensor logits, Tensor target, Mixture mixture, float scale, Gradient dlogits) {
    WarmUp.MIXTURE.before();
    Read read = Read.of(engine, logits, target);
    int outputs = mixture.outputs();
    long size = MixtureBlock.size(mixture, PIXELS);
    long most = (long) PIXELS * outputs;
    engine.scratch().reserve(size + read.stored.room(most) + most);
    long gradients = dlogits.tensor().address();
    engine.run(
        Math.ceilDiv(read.pixels, PIXELS),
        (block, worker) -> {
          long base = engine.own(worker);
          long rows = Native.at(base, size);
          long room = Native.at(rows, most);
          MixtureBlock b = new MixtureBlock(mixture, PIXELS, base);
          weigh(read, block, b, room);
          spread(b, scale);
          long to = read.stored.at(gradients, (long) block * most);
          store(read.stored, b, read.count(block), dlogits.fresh(), rows, room, to);
        });
  }

  /// Log masses of a block's pixels, and the softmax of their logits without them and with them.
  /// The latter's logits are those less the largest, so that log masses are not rounded to them.
  private void weigh(Read read, int block, MixtureBlock b, long room) {
    fetch(read, block, b, room);
    place(b);
    MixtureLoops.logMasses(b);
    int terms = b.componentTerms();
    Native.copy(b.outputs(), b.prior(), terms);
    softmax(b, b.prior());
    for (int k = 0; k < b.mixture().components(); k++) {
      long row = (long) k * PIXELS;
      long largest = b.largest(b.prior());
      Loops.subtract(Native.at(b.outputs(), row), largest, Native.at(b.joint(), row), PIXELS);
    }
    for (int c = 0; c < b.mixture().channels(); c++) {
      Loops.add(b.joint(), b.ofChannel(b.masses(), c), b.joint(), terms);
    }
    softmax(b, b.joint());
  }

  /// A row for each output, and one for each component's number, which is that of its pixel.
  private void fetch(Read read, int block, MixtureBlock b, long room) {
    Stored stored = read.stored;
    Mixture mixture = b.mixture();
    int outputs = mixture.outputs();
    int channels = mixture.channels();
    int count = read.count(block);
    long first = (long) block * PIXELS;
    if (count < PIXELS) {
      Native.zero(b.outputs(), (long) PIXELS * outputs * Float.BYTES);
    }
    long at = stored.at(read.logits, first * outputs);
    long rows = stored.fetch(at, room, (long) count * outputs);
    Native.transpose(rows, count, outputs, outputs, b.outputs(), PIXELS);
    for (int c = 0; c < channels; c++) {
      long numbers = b.ofChannel(b.numbers(), c);
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        long value = stored.at(read.target, (first + pixel) * channels + c);
        Native.put(numbers, pixel, pixel < count ? number(stored.get(value), mixture) : 0);
      }
      for (int k = 1; k < mixture.components(); k++) {
        Native.copy(numbers, Native.at(numbers, (long) k * PIXELS), PIXELS);
      }
    }
  }

  /// NaN of what is no level.
  private static float number(float level, Mixture mixture) {
    return mixture.isLevel(level) ? 2 * level - mixture.top() : Float.NaN;
  }

  /// z = n - top·mean - Σ tanh(coefficient)·n of the channels before
  private void place(MixtureBlock b) {
    Mixture mixture = b.mixture();
    int terms = b.componentTerms();
    Native.copy(b.numbers(), b.places(), b.terms());
    Loops.addScaled(-mixture.top(), b.means(), b.places(), b.terms());
    if (mixture.pairs() > 0) {
      long coefficients = Native.at(b.outputs(), (long) mixture.coefficient(1, 0) * PIXELS);
      Loops.activate(Activation.TANH, coefficients, b.tanhs(), (long) mixture.pairs() * terms);
    }
    long moved = b.above(); // is written later
    for (int c = 1; c < mixture.channels(); c++) {
      for (int before = 0; before < c; before++) {
        Loops.multiply(b.tanh(c, before), b.ofChannel(b.numbers(), before), moved, terms);
        long places = b.ofChannel(b.places(), c);
        Loops.subtract(places, moved, places, terms);
      }
    }
  }

  static void softmax(MixtureBlock b, long x) {
    int pixels = b.pixels();
    long largest = b.largest(x);
    Loops.fill(Float.NEGATIVE_INFINITY, largest, pixels);
    AttentionLoops.exponentialColumns(
        x, b.mixture().components(), pixels, pixels, 1, largest, b.falls(x), b.sums(x));
  }

  /// The gradient of scale·nll by each output.
  private void spread(MixtureBlock b, float scale) {
    Mixture mixture = b.mixture();
    int terms = b.componentTerms();
    MixtureLoops.slopes(b);
    MixtureLoops.shares(b.prior(), mixture.components(), b.sums(b.prior()), PIXELS);
    MixtureLoops.shares(b.joint(), mixture.components(), b.sums(b.joint()), PIXELS);
    Native.zero(b.gradients(), (long) PIXELS * mixture.outputs() * Float.BYTES);
    Loops.addScaled(scale, b.prior(), b.gradients(), terms);
    Loops.addScaled(-scale, b.joint(), b.gradients(), terms);
    long weights = b.prior(); // of a component's log masses; all logits have been seen to
    Loops.fill(0, weights, terms);
    Loops.addScaled(-scale, b.joint(), weights, terms);
    long part = b.above(); // its slopes are in the places
    for (int c = 0; c < mixture.channels(); c++) {
      long slopes = b.ofChannel(b.places(), c);
      long scales = b.gradient(mixture.logScale(c));
      Loops.multiply(b.ofChannel(b.widths(), c), weights, scales, terms);
      Loops.multiply(slopes, weights, slopes, terms);
      Loops.addScaled(-mixture.top(), slopes, b.gradient(mixture.mean(c)), terms);
      for (int before = 0; before < c; before++) {
        Loops.multiply(slopes, b.ofChannel(b.numbers(), before), part, terms);
        Loops.scaleBySlope(Activation.TANH, b.tanh(c, before), part, terms);
        Loops.addScaled(-1, part, b.gradient(mixture.coefficient(c, before)), terms);
      }
    }
  }

  /// Gradients in the order of pixels.
  private void store(
      Stored stored, MixtureBlock b, int count, boolean fresh, long rows, long room, long to) {
    int outputs = b.mixture().outputs();
    long size = (long) count * outputs;
    long sums = stored.floats(to, room);
    if (fresh) {
      Native.transpose(b.gradients(), outputs, count, PIXELS, sums, outputs);
    } else {
      stored.fetch(to, room, size);
      Native.transpose(b.gradients(), outputs, count, PIXELS, rows, outputs);
      Loops.add(sums, rows, sums, size);
    }
    stored.store(sums, to, size);
  }

  @Override
  public void levelLogits(Tensor logits, Tensor target, Mixture mixture, Tensor levelLogits) {
    levels.levelLogits(logits, target, mixture, levelLogits);
  }

  @Override
  public void draw(
      Tensor draw,
      Tensor logits,
      float temperature,
      Mixture mixture,
      int from,
      int to,
      Tensor pixels) {
    draws.draw(draw, logits, temperature, mixture, from, to, pixels);
  }
}
