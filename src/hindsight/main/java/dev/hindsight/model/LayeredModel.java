package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.ClassBias;
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
  private @Nullable ClassBias classBias; // of the outputs
  private int tables; // of classes

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

  /// What classes add to activations of so many channels; of a model that knows none, nothing.
  protected final ClassBias classBias(int channels) {
    return new ClassBias(parameters, tables++, config.classes(), channels);
  }

  /// Adds what classes say to the outputs of the last layer, and the head over channels where there
  /// is one, and lays all parameters out.
  ///
  /// @param width as in [#features]
  /// @param bias of the last layer
  protected final void allocate(int width, Parameter bias, RandomKey key) {
    channelHead = ChannelHead.create(parameters, config, width, key);
    classBias = classBias(features(width));
    outputBias = channelHead == null ? bias : channelHead.bias();
    parameters.allocate();
  }

  /// What the last layer puts out.
  ///
  /// @param pixels (B,D)
  /// @param scaled (B,D), see [PixelScale]
  /// @param labels (B), or null
  /// @return (…,P) of all pixels in raster order
  protected abstract Tensor last(Ops ops, Tensor pixels, Tensor scaled, @Nullable Tensor labels);

  @Override
  public final Tensor logits(Ops ops, Tensor pixels) {
    return logits(ops, pixels, null);
  }

  @Override
  public final Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    if (labels != null && config.classes() == 0) {
      throw config.knowsNoClasses();
    }
    Tensor scaled = PixelScale.of(ops, shape(), pixels);
    Tensor last = last(ops, pixels, scaled, labels);
    if (labels != null) {
      int outputs = Math.toIntExact(last.size() / pixels.rows() / shape().pixels());
      Tensor ofPixels = ops.reshape(last, pixels.rows(), shape().pixels(), outputs);
      last = classBias().forward(ops, ofPixels, labels);
    }
    return ChannelHead.outputs(ops, config, channelHead, last, scaled);
  }

  /// What classes add to the outputs of the last layer, at each pixel.
  public final ClassBias classBias() {
    return Objects.requireNonNull(classBias);
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
