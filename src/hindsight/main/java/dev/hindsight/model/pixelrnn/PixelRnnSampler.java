package dev.hindsight.model.pixelrnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.model.pixelrnn.PixelRnn.Block;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// PixelRNN pixel by pixel. Of each Row LSTM it keeps one row: the row's states, which those of the
/// next overwrite, and what the row above says to all columns, computed once that row is whole. All
/// 784 pixels together cost one forward pass.
final class PixelRnnSampler extends Sampler {
  /// What a Row LSTM keeps, of one row each.
  ///
  /// @param x what it reads
  /// @param said (1,28,B,4H) by the row above
  private record State(PixelRows x, PixelRows said, PixelRows c, PixelRows h) {}

  private final Backend backend;
  private final PixelRnn model;
  private final List<Block> blocks;
  private final List<State> states = new ArrayList<>();
  private final PixelRows image;
  private final PixelRows gates; // of the layer at hand
  private final PixelRows end; // what the last layer says
  private final Tensor up; // (B,C)
  private final Tensor now; // (B,C)
  private final Tensor hidden; // (B,C)
  private final Tensor logit; // (B,1)

  PixelRnnSampler(Backend backend, Scope scope, PixelRnn model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    this.blocks = model.blocks();
    int batch = request.count();
    int units = model.config().hidden();
    int channels = 2 * units;
    image = new PixelRows(scope, PixelRnn.FIRST / 2 + 1, batch, 1);
    for (int l = 0; l < blocks.size(); l++) {
      states.add(
          new State(
              new PixelRows(scope, 1, batch, channels),
              new PixelRows(scope, 1, batch, 4 * units),
              new PixelRows(scope, 1, batch, units),
              new PixelRows(scope, 1, batch, units)));
    }
    gates = new PixelRows(scope, 1, batch, 4 * units);
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
    PixelRows seen = states.getFirst().x();
    model.first().pixels(backend, image.all(), row, column, column + 1, seen.all());
    for (int l = 0; l < states.size(); l++) {
      Block block = blocks.get(l);
      State state = states.get(l);
      Tensor h = state.h().pixel(row, column);
      block.lstm().input().pixels(backend, state.x().all(), row, column, column + 1, gates.all());
      RowLstm.step(
          backend,
          gates.pixel(row, column),
          row == 0 ? null : state.said().pixel(row, column),
          state.c().pixel(row, column),
          h);
      block.up().forward(backend, h, up);
      PixelRows onto = l + 1 < states.size() ? states.get(l + 1).x() : end;
      backend.add().forward(state.x().pixel(row, column), up, onto.pixel(row, column));
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
      for (int l = 0; l < states.size(); l++) {
        State state = states.get(l);
        blocks
            .get(l)
            .lstm()
            .state()
            .pixels(backend, state.h().all(), row, 0, SIDE, state.said().all());
      }
    }
  }
}
