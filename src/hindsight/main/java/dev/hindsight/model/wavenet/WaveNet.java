package dev.hindsight.model.wavenet;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// WaveNet (van den Oord et al. 2016, arXiv 1609.03499) over pixels in raster order: causal
/// convolutions whose dilation doubles from block to block, gates, residual connections.
///
/// NOTE: the head reads the last block alone, without the paper's skip connections, and the first
/// layer also reads where a pixel lies.
public final class WaveNet implements PixelLoopModel {
  private static final int WIDTH = 2;

  /// x + mix(gate(dilated(x)))
  public record Block(CausalConv1d dilated, CausalConv1d mix) {}

  private final WaveNetConfig config;
  private final Parameters parameters;
  private final CausalConv1d first;
  private final List<Block> blocks = new ArrayList<>();
  private final CausalConv1d output;

  WaveNet(Backend backend, WaveNetConfig config, RandomKey key) {
    this.config = config;
    this.parameters = new Parameters(backend);
    int c = config.residualChannels();
    first = new CausalConv1d(parameters, "first", 3, c, WIDTH, 1, key);
    for (int k = 0; k < config.blocks(); k++) {
      blocks.add(
          new Block(
              new CausalConv1d(parameters, "dil." + k, c, 2 * c, WIDTH, config.dilation(k), key),
              new CausalConv1d(parameters, "res." + k, c, c, 1, 1, key)));
    }
    output = new CausalConv1d(parameters, "out", c, 1, 1, 1, key);
    parameters.allocate();
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor h =
        first.forward(
            ops, ops.previousPixel(pixels, shape().channels(), shape().width())); // (B,D,C)
    for (Block block : blocks) {
      CausalConv1d dilated = block.dilated();
      h =
          ops.residualBlock(
              h,
              dilated.weight().like(h),
              dilated.bias().value(),
              dilated.dilation(),
              block.mix().weight().like(h),
              block.mix().bias().value());
    }
    return ops.reshape(output.forward(ops, h), pixels.rows(), shape().pixels());
  }

  /// Reads value, row and column of the two pixels before.
  public CausalConv1d first() {
    return first;
  }

  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  public CausalConv1d output() {
    return output;
  }

  @Override
  public WaveNetConfig config() {
    return config;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public Parameter outputBias() {
    return output.bias();
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(0, 0);
  }

  @Override
  public PixelLoop loop(Backend backend, Sampling sampling, Scope scope, int images) {
    return WaveNetLoop.of(backend, sampling, scope, this, images);
  }
}
