package dev.hindsight.model.pixelrnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.model.pixelrnn.PixelRnn.Block;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// PixelRNN pixel by pixel. Of each LSTM it keeps one row, see [LayerStates]. All 784 pixels
/// together cost one forward pass.
final class PixelRnnSampler extends Sampler {
  /// A block with what it reads and what its LSTM keeps.
  ///
  /// @param x one row
  private record Layer(Block block, PixelRows x, LayerStates states) {}

  private final Backend backend;
  private final PixelRnn model;
  private final List<Layer> layers = new ArrayList<>();
  private final PixelRows image;
  private final PixelRows end; // what the last layer says
  private final Tensor up; // (B,C)
  private final Tensor now; // (B,C)
  private final Tensor hidden; // (B,C)
  private final Tensor logit; // (B,1)

  PixelRnnSampler(Backend backend, Scope scope, PixelRnn model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    int batch = request.count();
    int units = model.config().hidden();
    int channels = 2 * units;
    image = new PixelRows(scope, PixelRnn.FIRST / 2 + 1, batch, 1);
    for (Block block : model.blocks()) {
      layers.add(
          new Layer(
              block,
              new PixelRows(scope, 1, batch, channels),
              LayerStates.of(backend, scope, block.lstm(), batch, units)));
    }
    end = new PixelRows(scope, 1, batch, channels);
    up = scope.floats(batch, channels);
    now = scope.floats(batch, channels);
    hidden = scope.floats(batch, channels);
    logit = scope.floats(batch, 1);
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
    PixelRows seen = layers.getFirst().x();
    model.first().pixels(backend, image.all(), row, column, column + 1, seen.all());
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      Tensor h = layer.states().next(layer.x(), row, column);
      layer.block().up().forward(backend, h, up);
      PixelRows onto = l + 1 < layers.size() ? layers.get(l + 1).x() : end;
      backend.add().forward(layer.x().pixel(row, column), up, onto.pixel(row, column));
    }
    backend.activate().forward(Activation.RELU, end.pixel(row, column), now);
    model.hidden().forward(backend, now, hidden);
    model.output().forward(backend, hidden, logit);
    backend.copyColumn(logit, 0, logits, pixel);
  }

  @Override
  protected void pixelIsKnown(int pixel) {
    int row = pixel / SIDE;
    int column = pixel % SIDE;
    backend.copyColumn(pixels, pixel, image.pixel(row, column), 0);
    if (column == SIDE - 1 && row < SIDE - 1) {
      for (Layer layer : layers) {
        layer.states().endRow(layer.x(), row);
      }
    }
  }
}
