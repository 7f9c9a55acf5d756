package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.ScalarMixture;
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
                    mixture,
                    temperature,
                    Native.at(all, pixel * mixture.outputs()),
                    Native.at(values, pixel * channels),
                    room);
            float level = seen.level(d % channels, draws.uniform(index, size, worker));
            Native.put(values, index, level);
          }
        });
  }

  /// A pixel, of which some channels have been drawn. Places and rates are those of `MixtureBlock`.
  ///
  /// @param outputs where its own begin
  /// @param levels of its channels
  /// @param room for a weight, a place and a rate of each component
  private record Seen(Mixture mixture, float temperature, long outputs, long levels, long room) {
    /// The first level of a channel up to which there is more than `u`.
    float level(int channel, double u) {
      double wanted = u * weigh(channel);
      int low = 0;
      int high = mixture.top();
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
      for (int k = 0; k < mixture.components(); k++) {
        double weight = output(k) / temperature;
        for (int c = 0; c < channel; c++) {
          double n = number(c);
          weight += ScalarMixture.logMass(n, n + place(k, c), rate(k, c), mixture.top());
        }
        Native.put(weightAt(k), (float) weight);
        most = Math.max(most, (float) weight);
      }
      double sum = 0;
      for (int k = 0; k < mixture.components(); k++) {
        float weight = (float) Math.exp(Native.get(weightAt(k)) - most);
        Native.put(weightAt(k), weight);
        Native.put(placeAt(k), (float) place(k, channel));
        Native.put(rateAt(k), (float) rate(k, channel));
        sum += weight;
      }
      return sum;
    }

    private double upTo(int level) {
      double n = 2.0 * level - mixture.top();
      double sum = 0;
      for (int k = 0; k < mixture.components(); k++) {
        double a = (n + 1 + Native.get(placeAt(k))) * Native.get(rateAt(k));
        sum += Native.get(weightAt(k)) * ScalarMixture.sigmoid(a);
      }
      return sum;
    }

    /// -μ, in half bins.
    private double place(int k, int channel) {
      double place = -(double) mixture.top() * output(mixture.mean(channel) + k);
      for (int before = 0; before < channel; before++) {
        place -= Math.tanh(output(mixture.coefficient(channel, before) + k)) * number(before);
      }
      return place;
    }

    private double rate(int k, int channel) {
      float log = Math.max(output(mixture.logScale(channel) + k), Mixture.LEAST_LOG_SCALE);
      return Math.exp(-log) / (mixture.top() * temperature);
    }

    private double number(int channel) {
      return 2.0 * Native.get(levels, channel) - mixture.top();
    }

    private float output(int index) {
      return Native.get(outputs, index);
    }

    private long weightAt(int k) {
      return Native.at(room, k);
    }

    private long placeAt(int k) {
      return Native.at(room, mixture.components() + k);
    }

    private long rateAt(int k) {
      return Native.at(room, 2 * mixture.components() + k);
    }
  }
}
