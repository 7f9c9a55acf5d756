package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.LayeredModel;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.LstmLayer;
import dev.hindsight.nn.Parameters;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An LSTM over the pixels (Hochreiter & Schmidhuber 1997; over images as in van den Oord,
/// Kalchbrenner & Kavukcuoglu 2016, arXiv 1601.06759, but in one dimension).
///
/// Step `i` reads pixel `i - 1` with its row and column, and zeros at first, so its state has seen
/// pixels before `i` alone. More than two levels are embedded as well.
public final class Lstm extends LayeredModel<LstmConfig> implements SampledModel {
  /// What the first LSTM reads of more than two levels: a linear layer of values, row and column,
  /// plus the embedding.
  record Embedded(Linear places, PixelEmbedding embedding) {
    private static @Nullable Embedded create(Lstm model, int inputs, RandomKey key) {
      Parameters parameters = model.parameters;
      int hidden = model.config.hidden();
      var embedding = PixelEmbedding.ofManyLevels(parameters, model.shape(), hidden, key);
      return embedding == null
          ? null
          : new Embedded(new Linear(parameters, "first", inputs, hidden, key), embedding);
    }

    private Tensor forward(Ops ops, Tensor pixels, Tensor inputs) {
      Tensor embedded = ops.timeMajor(embedding.forward(ops, pixels));
      return ops.add(places.forward(ops, inputs), embedded);
    }

    /// The same of pixel t, from inputs (B,C+2) to y (B,H). For samplers.
    void forward(Backend backend, Tensor pixels, int t, Tensor inputs, Tensor y) {
      embedding.forward(backend, pixels, t, y);
      backend.linear().linearAdd(inputs, places.weight().value(), places.bias().value(), y, y);
    }
  }

  private final @Nullable Embedded embedded;
  private final List<LstmLayer> layers = new ArrayList<>();
  private final Linear output;

  Lstm(Backend backend, LstmConfig config, RandomKey key) {
    super(backend, config);
    int hidden = config.hidden();
    int inputs = config.shape().channels() + 2; // and row and column
    embedded = Embedded.create(this, inputs, key);
    for (int l = 0; l < config.layers(); l++) {
      int below = l == 0 && embedded == null ? inputs : hidden;
      layers.add(new LstmLayer(parameters, "rnn", l, below, hidden, classBias(4 * hidden), key));
    }
    output = new Linear(parameters, "fc", hidden, features(hidden), key);
    allocate(hidden, output.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor scaled, @Nullable Tensor labels) {
    Tensor h = inputs(ops, scaled);
    if (embedded != null) {
      h = embedded.forward(ops, pixels, h);
    }
    for (LstmLayer layer : layers) {
      h = layer.forward(ops, h, labels); // (T,B,H)
    }
    return ops.batchMajor(output.forward(ops, h)); // (B,T·P)
  }

  /// Values, row and column of the pixel before each, (T,B,C+2).
  ///
  /// @param scaled see [dev.hindsight.model.PixelScale]
  public Tensor inputs(Ops ops, Tensor scaled) {
    return ops.timeMajor(ops.previousPixel(scaled, shape().channels(), shape().width()));
  }

  /// What makes the first LSTM's input of them; null for images of two levels.
  @Nullable Embedded embedded() {
    return embedded;
  }

  /// From there up.
  public List<LstmLayer> layers() {
    return List.copyOf(layers);
  }

  /// From the last layer's state to a logit.
  public Linear output() {
    return output;
  }

  @Override
  public Sampler sampler(
      Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor labels) {
    return new LstmSampler(backend, scope, this, request, labels);
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return layers.size() == 1
        && config.hasLogits()
        && backend.sampling().drawsLstm(config.hidden());
  }

  @Override
  public void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    backend
        .sampling()
        .lstm(
            layers.getFirst().loop(output, shape().width()),
            scope.zeros(3, images.count(), config.hidden()),
            ClassBias.ofLayers(backend, scope, parameters, images.labels()),
            images);
  }
}
