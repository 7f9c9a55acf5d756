package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The gradients of one worker's shards, added up as [Shards] says. Of n shards, at most log₂ n
/// sums wait at a time for their right neighbour, one of each size, as the digits of a binary
/// counter do.
final class ShardGradients implements AutoCloseable {
  private final Backend backend;
  private final AutoregressiveModel model;
  private final Shards shards;
  private final int first;
  private final int count;
  private final @Nullable Scope memory;
  private final List<Tensor> waiting = new ArrayList<>(); // by size: 1, 2, 4, … shards

  /// @param rank of the worker, from 0
  /// @param world how many workers share the shards
  ShardGradients(Backend backend, AutoregressiveModel model, Shards shards, int rank, int world) {
    this.backend = backend;
    this.model = model;
    this.shards = shards;
    this.count = shards.count() / world;
    this.first = rank * count;
    this.memory = count == 1 ? null : backend.open("shards");
    int elements = Math.toIntExact(model.parameters().flat().grad().size());
    for (int size = 1; memory != null && size < count; size *= 2) {
      waiting.add(memory.floats(elements));
    }
  }

  /// How many of a batch's images this worker computes.
  int images(int batch) {
    shards.requireBatch(batch);
    return batch / shards.count() * count;
  }

  /// Adds the gradient of this worker's shards to the model's, which is zero.
  ///
  /// @param x (n,D), the images of this worker
  /// @param labels (n) of these; null where the model knows no classes
  /// @param draw (6), of the batch
  /// @param nll (batch), zero where another worker computes it
  void compute(Tensor x, @Nullable Tensor labels, Tensor draw, Tensor nll) {
    Tensor sum = model.parameters().flat().grad();
    if (count < shards.count()) {
      backend.fill(nll, 0);
    }
    int images = x.dim(0) / count;
    for (int k = 0; k < count; k++) {
      int shard = first + k;
      Tensor pixels = part(x, k * images, images, x.channels());
      Shape each = Shape.of(images);
      Tensor of = labels == null ? null : labels.part((long) k * images, each);
      gradient(shard, pixels, of, draw, nll.part((long) shard * images, each));
      for (int level = 0; level < Integer.numberOfTrailingZeros(k + 1); level++) {
        backend.add().accumulate(waiting.get(level), sum);
      }
      if (k + 1 < count) {
        Tensor free = waiting.get(Integer.numberOfTrailingZeros(k + 1));
        backend.copy(sum, free);
        backend.fill(sum, 0);
      }
    }
  }

  private static Tensor part(Tensor x, int from, int rows, int columns) {
    return x.dim(0) == rows ? x : x.part((long) from * columns, Shape.of(rows, columns));
  }

  private void gradient(
      int shard, Tensor pixels, @Nullable Tensor labels, Tensor draw, Tensor nll) {
    try (Scope scope = backend.open("step")) {
      Tape tape = model.parameters().tape(scope);
      tape.drawFrom(draw);
      tape.seesPart(shard, shards.count());
      Tensor loss = model.nll(new Ops(backend, scope, tape), pixels, labels);
      backend.copy(loss, nll);
      tape.backward(loss);
    }
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
  }
}
