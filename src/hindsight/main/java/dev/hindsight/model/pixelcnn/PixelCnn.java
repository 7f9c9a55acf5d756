package dev.hindsight.model.pixelcnn;

import static dev.hindsight.backend.Activation.IDENTITY;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.LayeredModel;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Conv1x1;
import dev.hindsight.nn.LayerNorm;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.MaskedConv2d.Window;
import dev.hindsight.nn.Parameters;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// PixelCNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759): masked convolutions
/// over the image, the first of which does not see its own pixel.
///
/// Its receptive field has a blind spot: pixels above and to the right of the cone that rises from
/// a pixel at 45 degrees (with a 3 x 3 kernel) are never seen. Gated PixelCNN has none.
public final class PixelCnn extends LayeredModel<PixelCnnConfig> implements PixelLoopModel {

  /// A layer behind the first: layer norm, ReLU, convolution, to which classes add.
  public record Layer(LayerNorm norm, MaskedConv2d conv, ClassBias classes) {}

  /// A residual block (figure 5 of the paper), each convolution after a ReLU: to half of the
  /// channels, a masked one of 3 x 3, to which classes add, and back, onto what came in.
  public record Block(Conv1x1 down, MaskedConv2d conv, Conv1x1 up, ClassBias classes) {
    static final int KERNEL = 3;

    private static Block create(PixelCnn model, String name, RandomKey key) {
      Parameters parameters = model.parameters;
      int c = model.config.filters();
      Window window = Window.whole(Taps.upTo(KERNEL));
      int half = c / 2;
      return new Block(
          new Conv1x1(parameters, name + ".down", c, half, true, Activation.RELU, key),
          new MaskedConv2d(parameters, name + ".conv", window, half, half, true, key),
          new Conv1x1(parameters, name + ".up", half, c, true, IDENTITY, key),
          model.classBias(half));
    }

    private Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
      Tensor y = conv.forward(ops, down.forward(ops, ops.activate(Activation.RELU, x)));
      Tensor sum = classes.forward(ops, y, labels);
      return ops.add(x, up.forward(ops, ops.activate(Activation.RELU, sum)));
    }
  }

  private final MaskedConv2d first;
  private final @Nullable PixelEmbedding embedding;
  private final List<Layer> layers = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private final Conv1x1 hidden;
  private final Conv1x1 output;

  /// Names are those of a PyTorch Sequential in which every ReLU counts.
  PixelCnn(Backend backend, PixelCnnConfig config, RandomKey key) {
    super(backend, config);
    int c = config.filters();
    int k = config.kernel();
    int channels = config.shape().channels();
    Window before = Window.whole(Taps.before(k));
    first = new MaskedConv2d(parameters, "net.0", before, channels, c, true, key);
    embedding = config.positions() ? new PixelEmbedding(parameters, config.shape(), c, key) : null;
    int n = 1;
    for (int l = 0; l < config.layers(); l++, n += 3) {
      LayerNorm norm = new LayerNorm(parameters, "net." + n, c);
      Window window = Window.whole(Taps.upTo(k));
      layers.add(
          new Layer(
              norm,
              new MaskedConv2d(parameters, "net." + (n + 2), window, c, c, true, key),
              classBias(c)));
    }
    for (int b = 0; b < config.residualBlocks(); b++, n++) {
      blocks.add(Block.create(this, "net." + n, key));
    }
    hidden = new Conv1x1(parameters, "net." + (n + 1), c, c, true, Activation.RELU, key);
    output = new Conv1x1(parameters, "net." + (n + 3), c, features(c), true, IDENTITY, key);
    allocate(c, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor x, @Nullable Tensor labels) {
    ImageShape shape = shape();
    Tensor h =
        first.forward(
            ops, ops.reshape(x, x.rows(), shape.height(), shape.width(), shape.channels()));
    if (embedding != null) {
      h = ops.add(h, ops.reshape(embedding.forward(ops, pixels), h.shape().dims()));
    }
    for (Layer layer : layers) {
      Tensor y = layer.conv().forward(ops, layer.norm().forwardRelu(ops, h));
      h = layer.classes().forward(ops, y, labels);
    }
    for (Block block : blocks) {
      h = block.forward(ops, h, labels);
    }
    h = hidden.forward(ops, ops.activate(Activation.RELU, h)); // (B,H,W,C)
    return output.forward(ops, h);
  }

  public MaskedConv2d first() {
    return first;
  }

  /// What is added to the first convolution; null where nothing is.
  @Nullable PixelEmbedding embedding() {
    return embedding;
  }

  public List<Layer> layers() {
    return List.copyOf(layers);
  }

  /// The masked convolutions behind the first, of layers and of blocks, in order.
  public List<MaskedConv2d> convolutions() {
    return Stream.concat(layers.stream().map(Layer::conv), blocks.stream().map(Block::conv))
        .toList();
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /// The first of the two 1 x 1 convolutions at the end, with its ReLU.
  public Conv1x1 hidden() {
    return hidden;
  }

  public Conv1x1 output() {
    return output;
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(config.filters(), 0);
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return PixelCnnLoop.of(backend, scope, this, images, labels);
  }
}
