package dev.hindsight.model.pixelsnail;

import static dev.hindsight.backend.Activation.IDENTITY;

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
import dev.hindsight.nn.SelfAttention;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// PixelSNAIL (Chen, Mishra, Rohaninejad & Abbeel 2018, arXiv 1712.09763): convolutions, which see
/// well what is near, and attention over all earlier pixels, which sees whatever is far.
///
/// As in the paper a block is some gated residual blocks, an attention, and a gated residual block
/// of 1 x 1 that brings both together. Differences: the gate is Gated PixelCNN's, tanh times
/// sigmoid, norm and ReLU stand for ELU, and attention knows places by the [PixelEmbedding] that
/// the stream begins with, not by background channels of its own.
public final class PixelSnail extends LayeredModel<PixelSnailConfig> implements PixelLoopModel {

  /// x + back(gate(conv(ReLU(norm x)))), with what classes add before the gate.
  record GatedResidual(LayerNorm norm, MaskedConv2d conv, Conv1x1 back, ClassBias classes) {
    GatedResidual {
      conv.weight().stack(2);
    }

    private static GatedResidual create(PixelSnail model, String name, RandomKey key) {
      Parameters parameters = model.parameters;
      int c = model.config.filters();
      Window window = Window.whole(Taps.upTo(model.config.kernel()));
      return new GatedResidual(
          new LayerNorm(parameters, name + ".norm", c),
          new MaskedConv2d(parameters, name + ".conv", window, c, 2 * c, true, key),
          new Conv1x1(parameters, name + ".back", c, c, true, IDENTITY, key),
          model.classBias(2 * c));
    }

    private Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
      Tensor seen = conv.forward(ops, norm.forwardRelu(ops, x));
      return back.forwardAdd(ops, x, ops.gate(classes.forward(ops, seen, labels)));
    }
  }

  /// @param norm before `up`
  /// @param up to twice the channels, before a gate
  /// @param back behind it
  record Block(
      List<GatedResidual> residuals,
      SelfAttention attention,
      LayerNorm norm,
      Conv1x1 up,
      Conv1x1 back) {
    Block {
      up.weight().stack(2);
    }

    private static Block create(PixelSnail model, String name, RandomKey key) {
      Parameters parameters = model.parameters;
      PixelSnailConfig config = model.config;
      int c = config.filters();
      return new Block(
          IntStream.range(0, config.residualBlocks())
              .mapToObj(n -> GatedResidual.create(model, name + ".residuals." + n, key))
              .toList(),
          new SelfAttention(parameters, name + ".attention", c, config.heads(), 0, key),
          new LayerNorm(parameters, name + ".norm", c),
          new Conv1x1(parameters, name + ".up", c, 2 * c, true, IDENTITY, key),
          new Conv1x1(parameters, name + ".back", c, c, true, IDENTITY, key));
    }

    /// x (B,H,W,C)
    private Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
      Tensor h = x;
      for (GatedResidual residual : residuals) {
        h = residual.forward(ops, h, labels);
      }
      Tensor sequence = ops.reshape(h, x.dim(0), x.dim(1) * x.dim(2), x.channels());
      Tensor y = ops.reshape(attention.forward(ops, sequence), x.shape().dims());
      return back.forwardAdd(ops, y, ops.gate(up.forward(ops, norm.forward(ops, y))));
    }
  }

  private final MaskedConv2d first;
  private final PixelEmbedding embedding;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Conv1x1 output;

  PixelSnail(Backend backend, PixelSnailConfig config, RandomKey key) {
    super(backend, config);
    int c = config.filters();
    Window before = Window.whole(Taps.before(config.kernel()));
    first = new MaskedConv2d(parameters, "first", before, shape().channels(), c, true, key);
    embedding = new PixelEmbedding(parameters, config.shape(), c, key);
    for (int n = 0; n < config.blocks(); n++) {
      blocks.add(Block.create(this, "blocks." + n, key));
    }
    norm = new LayerNorm(parameters, "norm", c);
    output = new Conv1x1(parameters, "out", c, features(c), true, IDENTITY, key);
    allocate(c, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor x, @Nullable Tensor labels) {
    ImageShape shape = shape();
    Tensor image = ops.reshape(x, x.rows(), shape.height(), shape.width(), shape.channels());
    Tensor h = first.forward(ops, image); // (B,H,W,C)
    h = ops.add(h, ops.reshape(embedding.forward(ops, pixels), h.shape().dims()));
    for (Block block : blocks) {
      h = block.forward(ops, h, labels);
    }
    return output.forward(ops, norm.forward(ops, h));
  }

  MaskedConv2d first() {
    return first;
  }

  PixelEmbedding embedding() {
    return embedding;
  }

  List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /// Before the output.
  LayerNorm norm() {
    return norm;
  }

  Conv1x1 output() {
    return output;
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    int head = config.filters() / config.heads();
    return backend.sampling().drawsPixels(config.filters(), head);
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return PixelSnailLoop.of(backend, scope, this, images, labels);
  }
}
