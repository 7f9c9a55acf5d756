package dev.hindsight.model.gatedpixelcnn;

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

/// Gated PixelCNN (van den Oord et al. 2016, arXiv 1606.05328): a vertical stack that sees all rows
/// above and a horizontal one that sees the row to the left, which closes PixelCNN's blind spot.
///
/// The vertical stack sees its own row too, pixels to the right included, from its first
/// convolution on: it reaches a logit through [Window#oneAbove] alone, that is from the row above.
/// It therefore starts from a convolution of its own. Were it to start from the horizontal stack's,
/// which sees strictly to the left, nobody would tell a row of the last pixel of the row above it.
public final class GatedPixelCnn extends LayeredModel<GatedPixelCnnConfig>
    implements PixelLoopModel {

  /// A block of both stacks.
  ///
  /// @param v rows above, to twice the channels
  /// @param h the row to the left, to twice the channels
  /// @param vToH of the row above, from the vertical stack to the horizontal one
  /// @param hToH behind the gate
  /// @param skip likewise, to the output; null where there are no skip connections
  /// @param classV what classes add before the gate of the vertical stack (equation 4)
  /// @param classH likewise of the horizontal one
  public record Block(
      MaskedConv2d v,
      MaskedConv2d h,
      MaskedConv2d vToH,
      Conv1x1 hToH,
      LayerNorm vNorm,
      LayerNorm hNorm,
      @Nullable Conv1x1 skip,
      ClassBias classV,
      ClassBias classH) {
    public Block {
      Stream.of(v, h, vToH).forEach(gates -> gates.weight().stack(2));
    }

    private static Block create(GatedPixelCnn model, String name, RandomKey key) {
      Parameters parameters = model.parameters;
      int c = model.config.filters();
      int k = model.config.kernel();
      return new Block(
          new MaskedConv2d(parameters, name + ".v", Window.above(k), c, 2 * c, false, key),
          new MaskedConv2d(parameters, name + ".h", Window.left(k), c, 2 * c, false, key),
          new MaskedConv2d(parameters, name + ".vtoh", Window.oneAbove(), 2 * c, 2 * c, false, key),
          new Conv1x1(parameters, name + ".htoh", c, c, false, Activation.IDENTITY, key),
          new LayerNorm(parameters, name + ".nv", c),
          new LayerNorm(parameters, name + ".nh", c),
          model.config.skip()
              ? new Conv1x1(parameters, name + ".skip", c, c, true, Activation.IDENTITY, key)
              : null,
          model.classBias(2 * c),
          model.classBias(2 * c));
    }
  }

  private final MaskedConv2d firstV;
  private final MaskedConv2d firstH;
  private final @Nullable PixelEmbedding embedding;
  private final List<Block> blocks = new ArrayList<>();
  private final MaskedConv2d output;

  GatedPixelCnn(Backend backend, GatedPixelCnnConfig config, RandomKey key) {
    super(backend, config);
    int c = config.filters();
    int k = config.kernel();
    int channels = config.shape().channels();
    Window before = Window.whole(Taps.before(k));
    firstV = new MaskedConv2d(parameters, "first_v", Window.above(k), channels, c, true, key);
    firstH = new MaskedConv2d(parameters, "first_h", before, channels, c, true, key);
    embedding = config.positions() ? new PixelEmbedding(parameters, config.shape(), c, key) : null;
    for (int n = 0; n < config.layers(); n++) {
      blocks.add(Block.create(this, "blocks." + n, key));
    }
    Window upTo = Window.whole(Taps.upTo(k));
    output = new MaskedConv2d(parameters, "out", upTo, c, features(c), true, key);
    allocate(c, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor x, @Nullable Tensor labels) {
    ImageShape shape = shape();
    Tensor image = ops.reshape(x, x.rows(), shape.height(), shape.width(), shape.channels());
    Tensor h = firstH.forward(ops, image);
    Tensor firstOfV = firstV.forward(ops, image);
    if (embedding != null) {
      Tensor e = ops.reshape(embedding.forward(ops, pixels), h.shape().dims());
      h = ops.add(h, e);
      firstOfV = ops.add(firstOfV, e);
    }
    Tensor positiveV = ops.activate(Activation.RELU, firstOfV);
    Tensor positiveH = ops.activate(Activation.RELU, h);
    @Nullable Tensor skipped = null; // what blocks say to the output
    for (int n = 0; n < blocks.size(); n++) {
      Block block = blocks.get(n);
      Tensor v =
          block.classV().forward(ops, block.v().forward(ops, positiveV), labels); // (B,H,W,2C)
      Tensor vertical = block.classH().forward(ops, block.vToH().forward(ops, v), labels);
      if (block.skip() == null) {
        h = block.h().gatedBlock(ops, positiveH, vertical, block.hToH());
      } else {
        Tensor gated = ops.gate(ops.add(block.h().forward(ops, positiveH), vertical));
        h = ops.add(positiveH, block.hToH().forward(ops, gated));
        Tensor said = block.skip().forward(ops, gated);
        skipped = skipped == null ? said : ops.add(skipped, said);
      }
      if (n < blocks.size() - 1) {
        positiveV = block.vNorm().forwardRelu(ops, ops.gate(v));
        positiveH = block.hNorm().forwardRelu(ops, h);
      } else { // nobody listens to the vertical stack any more
        h = block.hNorm().forward(ops, h);
      }
    }
    Tensor end = skipped == null ? h : ops.add(h, skipped);
    return output.forward(ops, end);
  }

  /// Where the vertical stack begins: the rows down to a pixel's own, to either side of it.
  public MaskedConv2d firstV() {
    return firstV;
  }

  /// Where the horizontal stack begins: all of the window that lies strictly before a pixel.
  public MaskedConv2d firstH() {
    return firstH;
  }

  /// What is added to both; null where nothing is.
  @Nullable PixelEmbedding embedding() {
    return embedding;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  public MaskedConv2d output() {
    return output;
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(config.filters(), 0);
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return GatedPixelCnnLoop.of(backend, scope, this, images, labels);
  }
}
