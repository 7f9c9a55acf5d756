package dev.hindsight.model.wavenet;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.model.LayeredModel;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// WaveNet (van den Oord et al. 2016, arXiv 1609.03499) over pixels in raster order: causal
/// convolutions whose dilation doubles from block to block, gates, residual connections.
///
/// NOTE: the head reads the last block alone, without the paper's skip connections, and the first
/// layer also reads where a pixel lies. More than two levels are embedded beside it, as the paper's
/// samples are one-hot.
public final class WaveNet extends LayeredModel<WaveNetConfig> implements PixelLoopModel {
  private static final int WIDTH = 2;

  /// x + mix(gate(dilated(x) + what the class says)), global conditioning in the paper's section
  /// 2.5
  public record Block(CausalConv1d dilated, CausalConv1d mix, ClassBias classes) {
    public Block {
      dilated.weight().stack(2);
    }

    private Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
      if (labels != null) {
        Tensor ab = classes.forward(ops, dilated.forward(ops, x), labels);
        return ops.add(x, mix.forward(ops, ops.gate(ab)));
      }
      return ops.residualBlock(
          x,
          dilated.weight().like(x),
          dilated.bias().value(),
          dilated.dilation(),
          mix.weight().like(x),
          mix.bias().value());
    }
  }

  private final CausalConv1d first;
  private final @Nullable PixelEmbedding embedding;
  private final List<Block> blocks = new ArrayList<>();
  private final CausalConv1d output;

  WaveNet(Backend backend, WaveNetConfig config, RandomKey key) {
    super(backend, config);
    int c = config.residualChannels();
    int inputs = config.shape().channels() + 2; // and row and column
    first = new CausalConv1d(parameters, "first", inputs, c, WIDTH, 1, key);
    embedding = PixelEmbedding.ofManyLevels(parameters, shape(), c, key);
    for (int k = 0; k < config.blocks(); k++) {
      blocks.add(
          new Block(
              new CausalConv1d(parameters, "dil." + k, c, 2 * c, WIDTH, config.dilation(k), key),
              new CausalConv1d(parameters, "res." + k, c, c, 1, 1, key),
              classBias(2 * c)));
    }
    output = new CausalConv1d(parameters, "out", c, features(c), 1, 1, key);
    allocate(c, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor scaled, @Nullable Tensor labels) {
    Tensor before = ops.previousPixel(scaled, shape().channels(), shape().width());
    Tensor h = first.forward(ops, before); // (B,T,C)
    if (embedding != null) {
      h = ops.add(h, embedding.forward(ops, pixels));
    }
    for (Block block : blocks) {
      h = block.forward(ops, h, labels);
    }
    return output.forward(ops, h);
  }

  /// Reads value, row and column of the two pixels before.
  public CausalConv1d first() {
    return first;
  }

  /// What is added to that; null for images of two levels.
  public @Nullable PixelEmbedding embedding() {
    return embedding;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  public CausalConv1d output() {
    return output;
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(0, 0);
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return WaveNetLoop.of(backend, sampling, scope, this, images, labels);
  }
}
