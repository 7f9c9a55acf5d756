package dev.hindsight.model.transformer;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.WholeImages;
import dev.hindsight.nn.LayerNorm;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.nn.TransformerBlock;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// A pixel transformer (ImageGPT, Chen et al. 2020), with the pre-norm blocks of GPT-2.
///
/// Position t holds pixel t - 1 and is allowed to look at itself and what is before it, so its
/// logit, that of pixel t, follows from pixels before t; position 0 holds no pixel at all.
public final class Transformer implements SampledModel {
  private static final int VALUES = 2; // of a pixel
  private static final double START = 0.02; // standard deviation of fresh embeddings, as in GPT-2

  private final Backend backend;
  private final TransformerConfig config;
  private final Parameters parameters;
  private final Parameter table;
  private final Parameter position;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Linear head;

  Transformer(Backend backend, TransformerConfig config, RandomKey key) {
    this.backend = backend;
    this.config = config;
    this.parameters = new Parameters(backend);
    int width = config.width();
    this.position = embedding("pos", PIXELS, width, key);
    this.table = embedding("embed.weight", VALUES, width, key);
    for (int l = 0; l < config.layers(); l++) {
      blocks.add(
          new TransformerBlock(
              parameters, "blocks." + l, width, config.heads(), config.dropout(), key));
    }
    this.norm = new LayerNorm(parameters, "ln", width);
    this.head = new Linear(parameters, "head", width, 1, key);
    parameters.allocate();
  }

  private Parameter embedding(String name, int rows, int width, RandomKey key) {
    double[] normals = Philox.normals(key.fold(name), Math.multiplyExact(rows, width));
    float[] initial = new float[normals.length];
    for (int k = 0; k < initial.length; k++) {
      initial[k] = (float) (START * normals[k]);
    }
    return parameters.add(name, Shape.of(rows, width), initial);
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor x = ops.embedPrevious(pixels, table.value(), position.value()); // (B,784,C)
    x = ops.dropout(config.dropout(), x);
    for (TransformerBlock block : blocks) {
      x = block.forward(ops, x);
    }
    return ops.reshape(head.forward(ops, norm.forward(ops, x)), pixels.rows(), PIXELS);
  }

  /// What position `t` alone reads, y (B,C), given the pixels before it.
  public void embed(Tensor pixels, int t, Tensor y) {
    backend.embedPrevious().embedPreviousAt(pixels, t, table.value(), position.value(), y);
  }

  /// The embeddings (784,C) of positions.
  Parameter position() {
    return position;
  }

  /// The embeddings (2,C) of a pixel's values.
  Parameter table() {
    return table;
  }

  /// From the embeddings up.
  public List<TransformerBlock> blocks() {
    return List.copyOf(blocks);
  }

  public LayerNorm norm() {
    return norm;
  }

  /// From the last norm to a logit.
  public Linear head() {
    return head;
  }

  @Override
  public TransformerConfig config() {
    return config;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public long multiplyAdds() {
    long perPosition = blocks.stream().mapToLong(TransformerBlock::multiplyAdds).sum();
    long attention = blocks.stream().mapToLong(block -> block.attentionMultiplyAdds(PIXELS)).sum();
    return PIXELS * (perPosition + head.multiplyAdds()) + attention;
  }

  @Override
  public Parameter outputBias() {
    return head.bias();
  }

  @Override
  public Sampler sampler(Backend backend, Scope scope, Sampler.Request request) {
    return new TransformerSampler(backend, scope, this, request);
  }

  @Override
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(config.width(), config.width() / config.heads());
  }

  @Override
  public void drawAtOnce(Backend backend, Scope scope, WholeImages images) {
    backend
        .sampling()
        .pixels(TransformerLoop.of(backend.sampling(), scope, this, images.count()), images);
  }
}
