package dev.hindsight.exchange;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Tensor;

/// How the workers of a training add up their gradients in a step. Each has computed the gradient
/// of its own shards, a subtree of the sum that [Shards] describes; together they finish the tree.
public interface Exchange extends AutoCloseable {
  /// This worker's number, from 0.
  int rank();

  /// How many workers there are, a power of two.
  int world();

  /// Adds up, over all workers, in the tree's order, and in place: afterwards every worker has the
  /// same bits.
  ///
  /// @param backend that holds both
  /// @param gradient a whole subtree of it; elements that do not exist are zero
  /// @param nll of all images of the batch, zero where they are another worker's
  /// @throws ExchangeException when a worker is gone or does not answer
  void sum(Backend backend, Tensor gradient, Tensor nll);

  /// Leaves. The others find out when they next wait for this worker.
  @Override
  void close();

  /// Of a single worker, which adds up nothing.
  Exchange SOLO =
      new Exchange() {
        @Override
        public int rank() {
          return 0;
        }

        @Override
        public int world() {
          return 1;
        }

        @Override
        public void sum(Backend backend, Tensor gradient, Tensor nll) {}

        @Override
        public void close() {}
      };
}
