package dev.hindsight.model.gatedpixelcnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn.Block;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Gated PixelCNN: the horizontal stack pixel by pixel, the vertical one a row at a time, once its
/// row is whole, and for the next row. All 784 pixels together cost one forward pass.
final class GatedPixelCnnSampler extends Sampler {
  /// What a block keeps.
  ///
  /// @param v what its vertical convolution reads: as many rows as that reaches
  /// @param h what its horizontal convolution reads: the row at hand
  /// @param above (2,28,B,2C) the vertical convolution, of the last two rows
  /// @param told (1,28,B,2C) what the vertical stack says about the row at hand
  private record State(PixelRows v, PixelRows h, PixelRows above, PixelRows told) {}

  private final Backend backend;
  private final GatedPixelCnn model;
  private final List<Block> blocks;
  private final PixelRows image;
  private final List<State> states = new ArrayList<>();
  private final PixelRows first; // what the first convolution of a stack just computed
  private final PixelRows embedded; // what is added to it
  private final PixelRows wide; // what a horizontal convolution just computed
  private final PixelRows end; // what the last convolution reads
  private final PixelRows logit;
  private final Tensor doubled; // (B,2C), the pixel at hand
  private final Tensor gated; // (B,C)
  private final Tensor now; // (B,C)
  private final Tensor said; // (B,C), what a block says to the output
  private final Tensor skipped; // (B,C), what all have said
  private final Tensor gatedRow; // (28,B,C), the row at hand
  private final Tensor nowRow; // (28,B,C)
  private final Tensor mean; // (28·B)
  private final Tensor rstd; // (28·B)

  GatedPixelCnnSampler(Backend backend, Scope scope, GatedPixelCnn model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    this.blocks = model.blocks();
    int batch = request.count();
    int channels = model.config().filters();
    int kept = model.config().kernel() / 2 + 1;
    image = new PixelRows(scope, kept, batch, 1);
    for (int n = 0; n < blocks.size(); n++) {
      states.add(
          new State(
              new PixelRows(scope, kept, batch, channels),
              new PixelRows(scope, 1, batch, channels),
              new PixelRows(scope, 2, batch, 2 * channels),
              new PixelRows(scope, 1, batch, 2 * channels)));
    }
    first = new PixelRows(scope, 1, batch, channels);
    embedded = new PixelRows(scope, 1, batch, channels);
    wide = new PixelRows(scope, 1, batch, 2 * channels);
    end = new PixelRows(scope, kept, batch, channels);
    logit = new PixelRows(scope, 1, batch, 1);
    doubled = scope.floats(batch, 2 * channels);
    gated = scope.floats(batch, channels);
    now = scope.floats(batch, channels);
    said = scope.floats(batch, channels);
    skipped = scope.floats(batch, channels);
    gatedRow = scope.floats(SIDE, batch, channels);
    nowRow = scope.floats(SIDE, batch, channels);
    mean = scope.floats(SIDE * batch);
    rstd = scope.floats(SIDE * batch);
  }

  /// Every pixel of both stacks once, but for the last row of the vertical one: nobody is below.
  @Override
  public long multiplyAddsPerImage() {
    long lastRows = lastRow(model.firstV());
    for (Block block : blocks) {
      lastRows += lastRow(block.v());
    }
    return model.multiplyAdds() - lastRows;
  }

  private static long lastRow(MaskedConv2d conv) {
    return conv.multiplyAdds(SIDE, SIDE) - conv.multiplyAdds(SIDE - 1, SIDE);
  }

  @Override
  protected void computeLogits(int pixel) {
    int row = pixel / SIDE;
    int column = pixel % SIDE;
    model.firstH().pixels(backend, image.all(), row, column, column + 1, first.all());
    if (model.embedding() != null) {
      model.embedding().forward(backend, pixels, pixel, embedded.pixel(row, column));
      backend.add().accumulate(embedded.pixel(row, column), first.pixel(row, column));
    }
    backend
        .activate()
        .forward(Activation.RELU, first.pixel(row, column), states.getFirst().h.pixel(row, column));
    backend.fill(skipped, 0);
    for (int n = 0; n < states.size(); n++) {
      Block block = blocks.get(n);
      State state = states.get(n);
      Tensor h = state.h.pixel(row, column);
      block.h().pixels(backend, state.h.all(), row, column, column + 1, wide.all());
      backend.add().forward(wide.pixel(row, column), state.told.pixel(row, column), doubled);
      backend.gate().forward(doubled, gated);
      block.hToH().forward(backend, gated, now);
      if (block.skip() != null) {
        block.skip().forward(backend, gated, said);
        backend.add().accumulate(said, skipped);
      }
      backend.add().forward(h, now, gated);
      boolean last = n == states.size() - 1;
      block.hNorm().forward(backend, gated, last ? end.pixel(row, column) : now, mean, rstd);
      if (!last) {
        backend.activate().forward(Activation.RELU, now, states.get(n + 1).h.pixel(row, column));
      }
    }
    if (model.config().skip()) {
      backend.add().accumulate(skipped, end.pixel(row, column));
    }
    model.output().pixels(backend, end.all(), row, column, column + 1, logit.all());
    backend.copyColumn(logit.pixel(row, column), 0, logits, pixel);
  }

  @Override
  protected void pixelIsKnown(int pixel) {
    int row = pixel / SIDE;
    int column = pixel % SIDE;
    backend.copyColumn(pixels, pixel, image.pixel(row, column), 0);
    if (column == SIDE - 1 && row < SIDE - 1) {
      lookDownFrom(row);
    }
  }

  /// The vertical stack over a row that is whole, and what it says about the next one.
  private void lookDownFrom(int row) {
    model.firstV().pixels(backend, image.all(), row, 0, SIDE, first.all());
    if (model.embedding() != null) {
      backend.add().accumulate(embedded.row(row), first.row(row));
    }
    backend.activate().forward(Activation.RELU, first.row(row), states.getFirst().v.row(row));
    for (int n = 0; n < states.size(); n++) {
      Block block = blocks.get(n);
      State state = states.get(n);
      block.v().pixels(backend, state.v.all(), row, 0, SIDE, state.above.all());
      block.vToH().pixels(backend, state.above.all(), row + 1, 0, SIDE, state.told.all());
      if (n < states.size() - 1) {
        backend.gate().forward(state.above.row(row), gatedRow);
        block.vNorm().forward(backend, gatedRow, nowRow, mean, rstd);
        backend.activate().forward(Activation.RELU, nowRow, states.get(n + 1).v.row(row));
      }
    }
  }
}
