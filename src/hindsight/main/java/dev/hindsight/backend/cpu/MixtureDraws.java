package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Mixture;
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
          long room = engine.scratch().of(worker);
          for (int d = from; d < to; d++) {
            long index = (long) row * size + d;
            long pixel = index / channels;
            var seen =
                new Seen(
                    mixture,
                    temperature,
                    Raw.at(all, pixel * mixture.outputs()),
                    Raw.at(values, pixel * channels),
                    room);
            float level = seen.level(d % channels, draws.uniform(index, size, worker));
            Raw.put(Raw.at(values, index), level);
          }
        });
  }

  /// A pixel, of which some channels have been drawn. Places and rates are those of [MixtureBlock].
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
        Raw.put(weightAt(k), (float) weight);
        most = Math.max(most, (float) weight);
      }
      double sum = 0;
      for (int k = 0; k < mixture.components(); k++) {
        float weight = (float) Math.exp(Raw.get(weightAt(k)) - most);
        Raw.put(weightAt(k), weight);
        Raw.put(placeAt(k), (float) place(k, channel));
        Raw.put(rateAt(k), (float) rate(k, channel));
        sum += weight;
      }
      return sum;
    }

    private double upTo(int level) {
      double n = 2.0 * level - mixture.top();
      double sum = 0;
      for (int k = 0; k < mixture.components(); k++) {
        double a = (n + 1 + Raw.get(placeAt(k))) * Raw.get(rateAt(k));
        sum += Raw.get(weightAt(k)) * ScalarMixture.sigmoid(a);
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
      return 2.0 * Raw.get(Raw.at(levels, channel)) - mixture.top();
    }

    private float output(int index) {
      return Raw.get(Raw.at(outputs, index));
    }

    private long weightAt(int k) {
      return Raw.at(room, k);
    }

    private long placeAt(int k) {
      return Raw.at(room, mixture.components() + k);
    }

    private long rateAt(int k) {
      return Raw.at(room, 2 * mixture.components() + k);
    }
  }
}
