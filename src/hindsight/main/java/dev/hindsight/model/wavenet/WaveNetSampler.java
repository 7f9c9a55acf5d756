package dev.hindsight.model.wavenet;

import static dev.hindsight.backend.Activation.IDENTITY;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// WaveNet with a queue per block as long as its dilation (Fast WaveNet, Paine et al. 2016, arXiv
/// 1611.09482), so all 784 pixels together cost one forward pass.
///
/// What a block read a dilation ago is the oldest entry of its queue. All blocks' products with
/// theirs come first, since they need no new pixel; each entry is then free for what its block
/// reads now.
final class WaveNetSampler extends Sampler {
  private static final int INPUTS = 3; // value, row and column of the pixel before

  private final Backend backend;
  private final WaveNet model;
  private final Conv first;
  private final Conv output;
  private final List<Layer> layers = new ArrayList<>();
  private final Tensor places; // (B,784·3), of which the values are not used
  private final Tensor input; // (B,3)
  private final Tensor before; // (B,C), the first layer's part of the input before
  private final Tensor mixed; // (B,C)
  private final Tensor g; // (B,C)
  private final Tensor last; // (B,C), what the last block gives
  private final Tensor logit; // (B,1)

  /// Weights (O,I) that meet the present and, of a convolution of width 2, the past.
  private record Conv(Tensor now, @Nullable Tensor past, Tensor bias) {
    static Conv of(CausalConv1d conv) {
      Tensor past = conv.reach() > 0 ? conv.tap(1) : null;
      return new Conv(conv.tap(0), past, conv.bias().value());
    }
  }

  /// A block, its queue of (B,C), and the parts (B,2C) of the gate's input.
  private record Layer(Conv dilated, Conv mix, List<Tensor> queue, Tensor past, Tensor ab) {
    Tensor entry(int pixel) {
      return queue.get(pixel % queue.size());
    }
  }

  WaveNetSampler(Backend backend, Scope scope, WaveNet model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    this.first = Conv.of(model.first());
    this.output = Conv.of(model.output());
    int count = request.count();
    int channels = model.first().outputs();
    for (WaveNet.Block block : model.blocks()) {
      layers.add(
          new Layer(
              Conv.of(block.dilated()),
              Conv.of(block.mix()),
              queue(block.dilated().dilation(), count, channels),
              scope.floats(count, 2 * channels),
              scope.floats(count, 2 * channels)));
    }
    int width = AutoregressiveModel.PIXELS * INPUTS;
    places = ops.reshape(ops.previousPixel(pixels, AutoregressiveModel.SIDE), count, width);
    input = scope.zeros(count, INPUTS);
    before = scope.floats(count, channels);
    mixed = scope.floats(count, channels);
    g = scope.floats(count, channels);
    last = scope.floats(count, channels);
    logit = scope.floats(count, 1);
    past(first, input, before);
  }

  private List<Tensor> queue(int dilation, int count, int channels) {
    Tensor all = scope.zeros(dilation, count, channels);
    Shape entry = Shape.of(count, channels);
    List<Tensor> queue = new ArrayList<>();
    for (int k = 0; k < dilation; k++) {
      queue.add(all.part(k * entry.size(), entry));
    }
    return queue;
  }

  /// Every weight once for each pixel: those that look back meet zeros at first.
  @Override
  public long multiplyAddsPerImage() {
    long weights = model.first().weight().shape().size() + model.output().weight().shape().size();
    for (WaveNet.Block block : model.blocks()) {
      weights += block.dilated().weight().shape().size() + block.mix().weight().shape().size();
    }
    return AutoregressiveModel.PIXELS * weights;
  }

  @Override
  protected void computeLogits(int pixel) {
    for (Layer layer : layers) {
      past(layer.dilated(), layer.entry(pixel), layer.past());
    }
    backend.linear().forward(input, first.now(), null, IDENTITY, mixed);
    backend.add().forward(before, mixed, target(0, pixel));
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      Tensor x = layer.entry(pixel);
      backend.linear().forward(x, layer.dilated().now(), null, IDENTITY, layer.ab());
      backend.add().accumulate(layer.past(), layer.ab());
      backend.gate().forward(layer.ab(), g);
      backend.linear().forward(g, layer.mix().now(), layer.mix().bias(), IDENTITY, mixed);
      backend.add().forward(x, mixed, target(l + 1, pixel));
    }
    backend.linear().forward(last, output.now(), output.bias(), IDENTITY, logit);
    backend.copyColumn(logit, 0, logits, pixel);
  }

  /// Where the input of block `l` goes.
  private Tensor target(int l, int pixel) {
    return l < layers.size() ? layers.get(l).entry(pixel) : last;
  }

  @Override
  protected void pixelIsKnown(int pixel) {
    if (pixel + 1 < AutoregressiveModel.PIXELS) {
      past(first, input, before);
      backend.copyColumn(pixels, pixel, input, 0);
      for (int place = 1; place < INPUTS; place++) {
        backend.copyColumn(places, (pixel + 1) * INPUTS + place, input, place);
      }
    }
  }

  private void past(Conv conv, Tensor x, Tensor y) {
    backend.linear().forward(x, Objects.requireNonNull(conv.past()), conv.bias(), IDENTITY, y);
  }
}
