package dev.hindsight.model.pixelcnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.model.pixelcnn.PixelCnn.Block;
import dev.hindsight.model.pixelcnn.PixelCnn.Layer;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// PixelCNN, every layer of which sees back only. So a pixel of a layer is final once computed, and
/// a layer needs to keep the rows that the kernels above reach: all 784 pixels together cost one
/// forward pass.
final class PixelCnnSampler extends Sampler {
  private final Backend backend;
  private final PixelCnn model;
  private final List<Layer> layers;
  private final List<Block> blocks;
  private final PixelRows image;
  private final List<PixelRows> seen = new ArrayList<>(); // per layer, what its convolution reads
  private final List<PixelRows> halves = new ArrayList<>(); // per block, likewise
  private final PixelRows sum; // what a convolution just computed
  private final PixelRows half; // what a block's just computed
  private final Tensor halfNow; // (B,C/2)
  private final Tensor now; // (B,C), the pixel at hand
  private final Tensor hidden; // (B,C)
  private final Tensor logit; // (B,1)
  private final Tensor mean; // (B)
  private final Tensor rstd; // (B)

  PixelCnnSampler(Backend backend, Scope scope, PixelCnn model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    this.layers = model.layers();
    this.blocks = model.blocks();
    int batch = request.count();
    int channels = model.config().filters();
    int kept = model.config().kernel() / 2 + 1;
    image = new PixelRows(scope, kept, batch, 1);
    for (int l = 0; l < layers.size(); l++) {
      seen.add(new PixelRows(scope, kept, batch, channels));
    }
    int halfChannels = Math.max(1, channels / 2);
    for (int b = 0; b < blocks.size(); b++) {
      halves.add(new PixelRows(scope, Block.KERNEL / 2 + 1, batch, halfChannels));
    }
    sum = new PixelRows(scope, 1, batch, channels);
    half = new PixelRows(scope, 1, batch, halfChannels);
    halfNow = scope.floats(batch, halfChannels);
    now = scope.floats(batch, channels);
    hidden = scope.floats(batch, channels);
    logit = scope.floats(batch, 1);
    mean = scope.floats(batch);
    rstd = scope.floats(batch);
  }

  /// Every pixel of every layer once.
  @Override
  public long multiplyAddsPerImage() {
    return model.multiplyAdds();
  }

  @Override
  protected void computeLogits(int pixel) {
    int row = pixel / SIDE;
    int column = pixel % SIDE;
    Tensor computed = sum.pixel(row, column);
    model.first().pixels(backend, image.all(), row, column, column + 1, sum.all());
    if (model.embedding() != null) {
      model.embedding().forward(backend, pixels, pixel, now);
      backend.add().accumulate(now, computed);
    }
    for (int l = 0; l < seen.size(); l++) {
      Layer layer = layers.get(l);
      layer.norm().forward(backend, computed, now, mean, rstd);
      backend.activate().forward(Activation.RELU, now, seen.get(l).pixel(row, column));
      layer.conv().pixels(backend, seen.get(l).all(), row, column, column + 1, sum.all());
    }
    for (int b = 0; b < blocks.size(); b++) {
      add(blocks.get(b), halves.get(b), computed, row, column);
    }
    backend.activate().forward(Activation.RELU, computed, now);
    model.hidden().forward(backend, now, hidden);
    model.output().forward(backend, hidden, logit);
    backend.copyColumn(logit, 0, logits, pixel);
  }

  /// What a block says about the pixel at hand is added to it.
  private void add(Block block, PixelRows rows, Tensor pixel, int row, int column) {
    backend.activate().forward(Activation.RELU, pixel, now);
    block.down().forward(backend, now, rows.pixel(row, column));
    block.conv().pixels(backend, rows.all(), row, column, column + 1, half.all());
    backend.activate().forward(Activation.RELU, half.pixel(row, column), halfNow);
    block.up().forward(backend, halfNow, now);
    backend.add().forward(pixel, now, pixel);
  }

  @Override
  protected void pixelIsKnown(int pixel) {
    backend.copyColumn(pixels, pixel, image.pixel(pixel / SIDE, pixel % SIDE), 0);
  }
}
