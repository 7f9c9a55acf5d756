package dev.hindsight.backend;

import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Work that is done again and again on the same memory: a training step, or all pixels of a batch
/// of images.
///
/// Where a backend can record (cuda), the first run is plain, unless there was a rehearsal; the
/// next is recorded, and from then on a run is one launch with the same bits. Elsewhere every run
/// is plain. So the work
/// - makes the same calls on the same tensors each time; what changes lies in its operands, which
///   are written before it runs and read after,
/// - neither reads nor writes from the host nor waits; on cuda that throws when it is recorded,
/// - opens and closes its scopes itself; while it runs they come from memory that belongs to the
///   graph, so that nobody else finds it between two runs.
public interface Graph extends AutoCloseable {
  /// A scope for operands. The same tensors in the same order have the same addresses each time.
  Scope open(String label);

  /// Does a part of the work, before its first run, that makes each of its calls at least once:
  /// then its kernels are loaded and its memory is reserved, and the first run is recorded already.
  /// Does nothing where nothing is recorded, and nothing the second time.
  void rehearse(Runnable part);

  /// Does the work. When it has been recorded, `work` is not called.
  ///
  /// @param operands what the work reads or writes that was made outside of it
  /// @throws IllegalStateException when the operands are not those that were recorded, which would
  ///   compute with the wrong memory
  void run(Runnable work, Tensor... operands);

  /// Forgets what was recorded and gives its memory back. The backend does so too when it closes.
  @Override
  void close();

  /// Records nothing: every run is plain.
  static Graph plain(Backend backend) {
    return new Graph() {
      @Override
      public Scope open(String label) {
        return backend.open(label);
      }

      @Override
      public void rehearse(Runnable part) {}

      @Override
      public void run(Runnable work, Tensor... operands) {
        work.run();
      }

      @Override
      public void close() {}
    };
  }
}
