package dev.hindsight.model.wavenet;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [WaveNet].
///
/// The first layer sees two pixels and every block at least one more, so no size makes a receptive
/// field of a single pixel, which would be no sequence model.
///
/// @param residualChannels between the blocks
/// @param dilationCycle blocks until the dilation, which doubles from 1, begins again
public record WaveNetConfig(int residualChannels, int blocks, int dilationCycle)
    implements ModelConfig {
  public static final String NAME = "wavenet";

  /// A dilation of 1024 would reach before every image.
  private static final int LONGEST_CYCLE = 10;

  public WaveNetConfig {
    require("residual-channels", residualChannels);
    ModelSize.requireLayers(NAME, "blocks", blocks);
    require("dilation-cycle", dilationCycle);
    ModelSize.requireParameters(
        NAME,
        parameters(residualChannels, blocks),
        "--residual-channels %d and --blocks %d".formatted(residualChannels, blocks));
    if (dilationCycle > LONGEST_CYCLE) {
      throw new UserException(
          "wavenet: --dilation-cycle must be at most %d but is %d; a longer one reaches before every"
                  .formatted(LONGEST_CYCLE, dilationCycle)
              + " image");
    }
  }

  private static void require(String size, int value) {
    if (value < 1) {
      throw new UserException("wavenet: --%s must be at least 1 but is %d".formatted(size, value));
    }
  }

  /// How many parameters a model of these sizes has; too many for a long where sizes are absurd.
  public static double parameters(double channels, double blocks) {
    return 8 * channels + 1 + blocks * (5 * channels * channels + 3 * channels);
  }

  int dilation(int block) {
    return 1 << block % dilationCycle;
  }

  /// How many of the pixels before its own a logit sees at most.
  public int receptiveField() {
    int field = 2; // of the first layer
    for (int block = 0; block < blocks; block++) {
      field += dilation(block);
    }
    return field;
  }

  /// `receptive field 513 pixels, so the last pixel does not see the first 270 of the 783 before
  /// it`
  @Override
  public String remark() {
    int before = AutoregressiveModel.PIXELS - 1;
    int field = receptiveField();
    return field >= before
        ? "receptive field %d pixels, the whole image".formatted(field)
        : "receptive field %d pixels, so the last pixel does not see the first %d of the %d before it"
            .formatted(field, before - field, before);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public WaveNet create(Backend backend, RandomKey key) {
    return new WaveNet(backend, this, key);
  }
}
