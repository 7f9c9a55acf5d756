package dev.hindsight.model;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.nn.Initialization;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The last layers of a model of several channels, each of which has outputs of its own: a MADE
/// over the channels of a pixel, whose hidden units also get features of the pixels before.
///
/// With C channels, G hidden units for each and V outputs for each, the units of channel c are
/// `h[c] = ReLU(features[c] + b[c] + Σ_{d<c} w[c,d]·x[d])` of the pixel's own values x, and its
/// outputs are `b[c] + Σ_{d<=c} v[c,d]·h[d]`.
public final class ChannelHead {
  private final int channels;
  private final MaskedLinear values;
  private final MaskedLinear outputs;

  private ChannelHead(Parameters parameters, ModelConfig config, int width, RandomKey key) {
    this.channels = config.shape().channels();
    int each = config.head().outputs(config.group()) / channels;
    var before = new Degrees(degrees(channels, 1), degrees(channels, width), true);
    var below = new Degrees(degrees(channels, width), degrees(channels, each), false);
    this.values = layer(parameters, "channels.0", before, key);
    this.outputs = layer(parameters, "channels.2", below, key);
  }

  private static MaskedLinear layer(
      Parameters parameters, String name, Degrees degrees, RandomKey key) {
    return new MaskedLinear(
        parameters, name, degrees, Activation.IDENTITY, Initialization.TORCH, key);
  }

  private static int[] degrees(int channels, int each) {
    return IntStream.range(0, channels * each).map(unit -> 1 + unit / each).toArray();
  }

  /// That of a model; null where it needs none.
  ///
  /// @param width hidden units of a channel
  public static @Nullable ChannelHead create(
      Parameters parameters, ModelConfig config, int width, RandomKey key) {
    return isNeeded(config) ? new ChannelHead(parameters, config, width, key) : null;
  }

  private static boolean isNeeded(ModelConfig config) {
    return config.shape().channels() > 1 && config.head().byChannel();
  }

  /// How many outputs of a pixel the layer before has: features of the channels where there is such
  /// a head, else what the distribution wants.
  public static int features(ModelConfig config, int width) {
    return isNeeded(config)
        ? config.shape().channels() * width
        : config.head().outputs(config.group());
  }

  /// The outputs of a model, (B,…), from those of its last layer: the same, or those of its head
  /// over channels.
  ///
  /// @param last (…,P) of all pixels in raster order
  /// @param scaled (B,D), see [PixelScale]
  public static Tensor outputs(
      Ops ops, ModelConfig config, @Nullable ChannelHead head, Tensor last, Tensor scaled) {
    Tensor outputs = head == null ? last : head.forward(ops, last, scaled);
    return ops.reshape(outputs, scaled.rows(), config.outputs());
  }

  /// @param features (…,C·G) of all pixels in raster order
  /// @param scaled (B,D), see [PixelScale]
  /// @return (pixels,C·V)
  private Tensor forward(Ops ops, Tensor features, Tensor scaled) {
    Tensor x = ops.reshape(scaled, Math.toIntExact(scaled.size() / channels), channels);
    Tensor own = values.forward(ops, x);
    Tensor sum = ops.add(ops.reshape(features, own.shape().dims()), own);
    return outputs.forward(ops, ops.activate(Activation.RELU, sum));
  }

  /// The layers whose masks let a channel see those before it: from a pixel's own values to its
  /// hidden units, and from those to its outputs.
  public List<MaskedLinear> masks() {
    return List.of(values, outputs);
  }

  /// The bias of the outputs.
  public Parameter bias() {
    return outputs.bias();
  }

  /// Multiply-adds of a pixel.
  public long multiplyAdds() {
    return values.degrees().count() + outputs.degrees().count();
  }

  /// For a kernel.
  public OutputHead.Channels weights() {
    return new OutputHead.Channels(
        values.weight().value(),
        values.bias().value(),
        outputs.weight().value(),
        outputs.bias().value());
  }

  /// To go through the channels of one pixel after the other.
  ///
  /// @param features (N,C·G) of the pixel at hand
  public Steps steps(Backend backend, Scope scope, Tensor features) {
    return new Steps(backend, scope, features);
  }

  /// The outputs of a pixel, channel by channel. For samplers.
  public final class Steps {
    private final Backend backend;
    private final Tensor features;
    private final Tensor own; // (N,C·G)
    private final Tensor hidden; // (N,C·G)
    private final Tensor y; // (N,C·V)

    private Steps(Backend backend, Scope scope, Tensor features) {
      this.backend = backend;
      this.features = features;
      this.own = scope.zeros(features.shape().dims());
      this.hidden = scope.floats(features.shape().dims());
      this.y = scope.floats(features.rows(), outputs.degrees().outputs());
    }

    /// Of one channel.
    ///
    /// @param scaled (N,C) of the pixel, of which channels before this one count
    /// @return (N,C·V), of which those of this channel and of those before it are there
    public Tensor at(int channel, Tensor scaled) {
      int units = values.degrees().outputs() / channels;
      int each = outputs.degrees().outputs() / channels;
      values.forward(backend, scaled, channel * units, (channel + 1) * units, own);
      backend.add().forward(features, own, hidden);
      backend.activate().forward(Activation.RELU, hidden, hidden);
      outputs.forward(backend, hidden, channel * each, (channel + 1) * each, y);
      return y;
    }
  }
}
