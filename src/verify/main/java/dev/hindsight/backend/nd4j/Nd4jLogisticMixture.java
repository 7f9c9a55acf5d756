package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.LogisticMixture;
import dev.hindsight.backend.Mixture;
import dev.hindsight.random.Philox;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Pixels of a mixture of logistics, one after the other.
record Nd4jLogisticMixture(Nd4jMemory memory) implements LogisticMixture {
  @Override
  public void forward(Tensor logits, Tensor target, Mixture mixture, Tensor nll) {
    double[] outputs = memory.doubles(logits);
    double[] levels = memory.doubles(target);
    double[] losses = new double[Math.toIntExact(nll.size())];
    int pixels = logits.rows() / losses.length;
    for (int pixel = 0; pixel < logits.rows(); pixel++) {
      losses[pixel / pixels] += new Nd4jMixturePixel(mixture, outputs, levels, pixel, 1).nll();
    }
    memory.write(nll, losses);
  }

  @Override
  public void backward(
      Tensor logits, Tensor target, Mixture mixture, float scale, Gradient dlogits) {
    double[] outputs = memory.doubles(logits);
    double[] levels = memory.doubles(target);
    double[] sums = memory.doubles(memory.begun(dlogits));
    for (int pixel = 0; pixel < logits.rows(); pixel++) {
      new Nd4jMixturePixel(mixture, outputs, levels, pixel, 1).addGradients(scale, sums);
    }
    memory.write(dlogits.tensor(), sums);
  }

  @Override
  public void levelLogits(Tensor logits, Tensor target, Mixture mixture, Tensor levelLogits) {
    double[] outputs = memory.doubles(logits);
    double[] levels = memory.doubles(target);
    double[] all = new double[Math.toIntExact(levelLogits.size())];
    int channels = mixture.channels();
    for (int k = 0; k < all.length; k++) {
      int value = k / mixture.levels();
      var pixel = new Nd4jMixturePixel(mixture, outputs, levels, value / channels, 1);
      all[k] = pixel.levelLogit(k % mixture.levels(), value % channels);
    }
    memory.write(levelLogits, all);
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
    Draw drawn = Draw.of(memory.ints(draw));
    double[] outputs = memory.doubles(logits);
    double[] levels = memory.doubles(pixels);
    int[] block = new int[4];
    int channels = mixture.channels();
    int size = pixels.channels();
    for (int n = 0; n < pixels.rows(); n++) {
      for (int d = from; d < to; d++) {
        int at = n * size + d;
        var pixel = new Nd4jMixturePixel(mixture, outputs, levels, at / channels, temperature);
        float u = Philox.uniform(drawn.key(), drawn.first() * size + at, block);
        int level = 0;
        while (level < mixture.top() && u >= pixel.upTo(level, d % channels)) {
          level++;
        }
        levels[at] = level;
      }
    }
    memory.write(pixels, levels);
  }
}
