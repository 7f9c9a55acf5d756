package dev.hindsight.model.transformer;

import static dev.hindsight.backend.ClassBias.NO_CLASS;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.model.LayeredModel;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.LayerNorm;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.PixelEmbedding;
import dev.hindsight.nn.TransformerBlock;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.PixelLoopModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel transformer (ImageGPT, Chen et al. 2020), with the pre-norm blocks of GPT-2.
///
/// Position t holds pixel t - 1 and is allowed to look at itself and what is before it, so its
/// logit, that of pixel t, follows from pixels before t; position 0 holds no pixel at all but the
/// image's class, where it has one.
public final class Transformer extends LayeredModel<TransformerConfig> implements PixelLoopModel {
  private final PixelEmbedding embedding;
  private final ClassBias start;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Linear head;

  Transformer(Backend backend, TransformerConfig config, RandomKey key) {
    super(backend, config);
    int width = config.width();
    this.embedding = new PixelEmbedding(parameters, config.shape(), width, key);
    this.start = classBias(width);
    for (int l = 0; l < config.layers(); l++) {
      blocks.add(
          new TransformerBlock(
              parameters, "blocks." + l, width, config.heads(), config.dropout(), key));
    }
    this.norm = new LayerNorm(parameters, "ln", width);
    this.head = new Linear(parameters, "head", width, features(width), key);
    allocate(width, head.bias(), key);
  }

  @Override
  protected Tensor last(Ops ops, Tensor pixels, Tensor scaled, @Nullable Tensor labels) {
    Tensor x = embedding.forward(ops, pixels); // (B,T,C)
    if (labels != null) {
      Tensor rows = ops.reshape(x, x.rows(), 1, x.channels()); // of a place each
      x = ops.reshape(start.forward(ops, rows, atPlace0(ops, labels)), x.shape().dims());
    }
    x = ops.dropout(config.dropout(), x);
    for (TransformerBlock block : blocks) {
      x = block.forward(ops, x);
    }
    return head.forward(ops, norm.forward(ops, x));
  }

  /// A label for each place of each image (B·T): at all but the first that of no class.
  private Tensor atPlace0(Ops ops, Tensor labels) {
    int images = labels.dim(0);
    int places = shape().pixels();
    Tensor all = ops.scope().floats(images, places);
    ops.backend().fill(all, NO_CLASS);
    ops.backend().copyColumns(labels.part(0, Shape.of(images, 1)), 0, all, 0, 1);
    return all.part(0, Shape.of(images * places));
  }

  /// What the first block reads.
  PixelEmbedding embedding() {
    return embedding;
  }

  /// What place 0 is told of an image's class.
  ClassBias start() {
    return start;
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
  public boolean drawsAtOnce(Backend backend, int images) {
    return backend.sampling().drawsPixels(config.width(), config.width() / config.heads());
  }

  @Override
  public PixelLoop loop(
      Backend backend, Sampling sampling, Scope scope, int images, @Nullable Tensor labels) {
    return TransformerLoop.of(backend, sampling, scope, this, images, labels);
  }
}
