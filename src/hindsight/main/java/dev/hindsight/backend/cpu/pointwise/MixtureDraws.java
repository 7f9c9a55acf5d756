package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.Tensor;

/// Draws from mixtures of logistics, one value after the other: a sampler wants few at a time.
final class MixtureDraws {
  private final Engine engine;
  private final Draws draws;

  MixtureDraws(Engine engine) {
    this.engine = engine;
    this.draws = new Draws(engine);
  }

  /// As [dev.hindsight.backend.LogisticMixture] says.
  void draw(
      Tensor draw,
      Tensor logits,
      float temperature,
      Mixture mixture,
      int from,
      int to,
      Tensor pixels) {
    int size = pixels.channels();
    int channels = mixture.channels();
    long all = logits.address();
    long values = pixels.address();
    engine.scratch().reserve(3L * mixture.components());
    draws.overRows(
        draw,
        pixels.rows(),
        (long) (to - from) * mixture.components() * channels,
        (row, worker) -> {
          long room = engine.own(worker);
          for (int d = from; d < to; d++) {
            long index = (long) row * size + d;
            long pixel = index / channels;
            var seen =
                new Seen(
                    new MixturePixel(
                        mixture,
                        temperature,
                        Native.at(all, pixel * mixture.outputs()),
                        Native.at(values, pixel * channels)),
                    room);
            float level = seen.level(d % channels, draws.uniform(index, size, worker));
            Native.put(values, index, level);
          }
        });
  }

  /// A pixel, of which some channels have been drawn.
  ///
  /// @param room for a weight, a place and a rate of each component
  private record Seen(MixturePixel pixel, long room) {
    /// The first level of a channel up to which there is more than `u`.
    float level(int channel, double u) {
      double wanted = u * weigh(channel);
      int low = 0;
      int high = pixel.mixture().top();
      while (low < high) {
        int middle = (low + high) / 2;
        if (wanted < upTo(middle)) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }

    /// Fills the room for a channel.
    ///
    /// @return the sum of weights
    private double weigh(int channel) {
      double most = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < components(); k++) {
        float weight = (float) pixel.logWeight(k, channel);
        Native.put(weightAt(k), weight);
        most = Math.max(most, weight);
      }
      double sum = 0;
      for (int k = 0; k < components(); k++) {
        float weight = (float) Math.exp(Native.get(weightAt(k)) - most);
        Native.put(weightAt(k), weight);
        Native.put(placeAt(k), (float) pixel.place(k, channel));
        Native.put(rateAt(k), (float) pixel.rate(k, channel));
        sum += weight;
      }
      return sum;
    }

    private double upTo(int level) {
      double n = 2.0 * level - pixel.mixture().top();
      double sum = 0;
      for (int k = 0; k < components(); k++) {
        double a = (n + 1 + Native.get(placeAt(k))) * Native.get(rateAt(k));
        sum += Native.get(weightAt(k)) * (1 / (1 + Math.exp(-a)));
      }
      return sum;
    }

    private int components() {
      return pixel.mixture().components();
    }

    private long weightAt(int k) {
      return Native.at(room, k);
    }

    private long placeAt(int k) {
      return Native.at(room, components() + k);
    }

    private long rateAt(int k) {
      return Native.at(room, 2 * components() + k);
    }
  }
}
