package dev.hindsight.model.pixelrnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;

/// The size of a [PixelRnn].
///
/// @param hidden units of a pixel in a layer; between the layers it has twice as many channels
/// @param layers LSTMs behind the first convolution
/// @param lstm what they are: Row LSTMs or Diagonal BiLSTMs
public record PixelRnnConfig(int hidden, int layers, Kind lstm) implements ModelConfig {
  public static final String NAME = "pixel-rnn";

  /// 24·H·H weights, of a Row LSTM, must fit an array.
  private static final int MOST_HIDDEN = 4096;

  public PixelRnnConfig {
    if (hidden < 1 || hidden > MOST_HIDDEN) {
      throw new UserException(
          "pixel-rnn: --hidden must be from 1 to %d but is %d".formatted(MOST_HIDDEN, hidden));
    }
    ModelSize.requireLayers(NAME, "layers", layers);
    ModelSize.requireParameters(
        NAME,
        parameters(hidden, layers, lstm),
        "--hidden %d and --layers %d".formatted(hidden, layers));
  }

  /// Of Row LSTMs.
  public PixelRnnConfig(int hidden, int layers) {
    this(hidden, layers, Kind.ROW);
  }

  /// How many parameters a model of these sizes has, with those of the first convolution that its
  /// mask removes; too many for a long where sizes are absurd.
  public static double parameters(double hidden, double layers, Kind lstm) {
    double channels = 2 * hidden;
    double first = channels * (PixelRnn.FIRST * PixelRnn.FIRST + 1);
    double left = (PixelRnn.KERNEL + 1) / 2.0; // the kernel is odd
    double layer =
        switch (lstm) {
          case ROW -> 4 * hidden * (left * channels + 1 + PixelRnn.KERNEL * hidden);
          case DIAGONAL -> 2 * 4 * hidden * (channels + 1 + 2 * hidden);
        };
    double up = channels * (hidden + 1);
    return first + layers * (layer + up) + channels * (channels + 1) + channels + 1;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PixelRnn create(Backend backend, RandomKey key) {
    return new PixelRnn(backend, this, key);
  }
}
