package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What models share whose layers lead from the pixels to one set of outputs a pixel.
///
/// A constructor makes the layers, then calls [#allocate].
public abstract class LayeredModel<C extends ModelConfig> implements AutoregressiveModel {
  protected final C config;
  protected final Parameters parameters;
  private @Nullable ChannelHead channelHead;
  private @Nullable Parameter outputBias;

  protected LayeredModel(Backend backend, C config) {
    this.config = config;
    this.parameters = new Parameters(backend);
  }

  /// Outputs of a pixel that the last layer has.
  ///
  /// @param width hidden units of a channel, where each has outputs of its own
  protected final int features(int width) {
    return ChannelHead.features(config, width);
  }

  /// Adds the head over channels where there is one, and lays all parameters out.
  ///
  /// @param width as in [#features]
  /// @param bias of the last layer
  protected final void allocate(int width, Parameter bias, RandomKey key) {
    channelHead = ChannelHead.create(parameters, config, width, key);
    outputBias = channelHead == null ? bias : channelHead.bias();
    parameters.allocate();
  }

  /// The outputs of the model, from those of its last layer.
  ///
  /// @param last (…,P) of all pixels in raster order
  /// @param scaled (B,D), see [PixelScale]
  protected final Tensor outputs(Ops ops, Tensor last, Tensor scaled) {
    return ChannelHead.outputs(ops, config, channelHead, last, scaled);
  }

  /// What its outputs come through where each channel of a pixel follows from those before it.
  public final @Nullable ChannelHead channelHead() {
    return channelHead;
  }

  @Override
  public final C config() {
    return config;
  }

  @Override
  public final Parameters parameters() {
    return parameters;
  }

  @Override
  public final Parameter outputBias() {
    return Objects.requireNonNull(outputBias);
  }
}
