package dev.hindsight.model.wavenet;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.ModelSize;
import dev.hindsight.random.RandomKey;

/// The size of a [WaveNet].
///
/// The first layer sees two pixels and every block at least one more, so no size makes a receptive
/// field of a single pixel, which would be no sequence model.
///
/// @param shape of the images
/// @param head what the outputs mean
/// @param classes how many it is conditioned on, 0 = none
/// @param residualChannels between the blocks
/// @param dilationCycle blocks until the dilation, which doubles from 1, begins again
public record WaveNetConfig(
    ImageShape shape, Head head, int classes, int residualChannels, int blocks, int dilationCycle)
    implements ModelConfig {
  public static final String NAME = "wavenet";

  /// That of an image of 28x28: a dilation of 1024 would reach before it.
  private static final int LONGEST_CYCLE = 10;

  public WaveNetConfig {
    head.requireFit(shape);
    ModelSize.requireClasses(NAME, classes);
    ModelSize.requireChannels(NAME, "residual-channels", residualChannels);
    ModelSize.requireLayers(NAME, "blocks", blocks);
    int within = Integer.SIZE - Integer.numberOfLeadingZeros(shape.pixels() - 1);
    int longest = Math.max(LONGEST_CYCLE, within); // so that presets suit small images, too
    ModelSize.require(NAME, "dilation-cycle", dilationCycle, 1, longest);
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
    int before = shape.pixels() - 1;
    int field = receptiveField();
    return field >= before
        ? "receptive field %d pixels, the whole image".formatted(field)
        : "receptive field %d pixels, so the last pixel does not see the first %d of the %d before it"
            .formatted(field, before - field, before);
  }

  /// With the usual head and no classes.
  public WaveNetConfig(ImageShape shape, int residualChannels, int blocks, int dilationCycle) {
    this(shape, Head.of(shape), 0, residualChannels, blocks, dilationCycle);
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
