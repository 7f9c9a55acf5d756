package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.LstmLayer;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// An LSTM over the pixels (Hochreiter & Schmidhuber 1997; over images as in van den Oord,
/// Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759, but in one dimension).
///
/// Step `i` reads pixel `i - 1` with its row and column, and zeros at first, so its state has seen
/// pixels before `i` alone.
public final class Lstm implements SampledModel {
  private static final int INPUTS = 3; // value, row, column

  private final LstmConfig config;
  private final Parameters parameters;
  private final List<LstmLayer> layers = new ArrayList<>();
  private final Linear output;

  Lstm(Backend backend, LstmConfig config, RandomKey key) {
    this.config = config;
    this.parameters = new Parameters(backend);
    int hidden = config.hidden();
    for (int l = 0; l < config.layers(); l++) {
      layers.add(new LstmLayer(parameters, "rnn", l, l == 0 ? INPUTS : hidden, hidden, key));
    }
    output = new Linear(parameters, "fc", hidden, 1, key);
    parameters.allocate();
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor h = inputs(ops, pixels);
    for (LstmLayer layer : layers) {
      h = layer.forward(ops, h); // (D,B,H)
    }
    return ops.batchMajor(output.forward(ops, h)); // (B,D)
  }

  /// What each step reads, (D,B,3).
  public Tensor inputs(Ops ops, Tensor pixels) {
    return ops.timeMajor(ops.previousPixel(pixels, shape().channels(), shape().width()));
  }

  /// From the inputs up.
  public List<LstmLayer> layers() {
    return List.copyOf(layers);
  }

  /// From the last layer's state to a logit.
  public Linear output() {
    return output;
  }

  @Override
  public LstmConfig config() {
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
  public Sampler sampler(Backend backend, Scope scope, Sampler.Request request) {
    return new LstmSampler(backend, scope, this, request);
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return layers.size() == 1 && backend.sampling().drawsLstm(config.hidden());
  }

  @Override
  public void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    backend
        .sampling()
        .lstm(
            layers.getFirst().loop(output, shape().width()),
            scope.zeros(3, images.count(), config.hidden()),
            images);
  }
}
