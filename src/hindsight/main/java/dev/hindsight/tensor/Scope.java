package dev.hindsight.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A region of backend memory with one lifetime: bump allocated, freed at once, used with
/// try-with-resources.
///
/// There are two lifetimes only, the model's and the step's. A scope gets back the chunks that the
/// last scope of its label used, in the same order, so after the first step nothing is reserved and
/// every address repeats. A chunk that it has to pass over is released (see [ScopePool]).
public final class Scope implements AutoCloseable {
  private static final long ALIGNMENT = 256;

  private final ScopePool pool;
  private final String label;
  private final List<Chunk> chunks = new ArrayList<>();
  private int current = -1;
  private long used;
  private boolean open = true;

  record Chunk(long address, long bytes) {}

  Scope(ScopePool pool, String label, List<Chunk> reused) {
    this.pool = pool;
    this.label = label;
    this.chunks.addAll(reused);
  }

  public String label() {
    return label;
  }

  /// A tensor whose contents are unspecified until an op writes it.
  public Tensor tensor(ElementType type, int... dims) {
    return tensor(type, Shape.of(dims));
  }

  /// One of fp32.
  public Tensor floats(int... dims) {
    return tensor(ElementType.FP32, dims);
  }

  /// One of whole numbers.
  public Tensor ints(int... dims) {
    return tensor(ElementType.INT32, dims);
  }

  /// One of zeros in fp32.
  public Tensor zeros(int... dims) {
    Tensor t = floats(dims);
    clear(t);
    return t;
  }

  /// Sets a tensor of this scope to zeros.
  public void clear(Tensor t) {
    if (hasMemory()) {
      pool.memory().zero(t.address(), t.bytes());
    }
  }

  private Tensor tensor(ElementType type, Shape shape) {
    requireOpen(null);
    long bytes = Math.max(1, shape.size()) * type.bytes();
    long aligned = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (current < 0 || used + aligned > chunks.get(current).bytes()) {
      current = nextChunk(aligned);
      used = 0;
    }
    long address = chunks.get(current).address() + used;
    used += aligned;
    return new Tensor(this, address, shape, type);
  }

  /// The first chunk after this one into which so many bytes fit. Those that are too small leave
  /// the list before another is reserved, so that both are never held at once.
  private int nextChunk(long bytes) {
    int next = current + 1;
    while (next < chunks.size() && chunks.get(next).bytes() < bytes) {
      if (pool.tryRelease(chunks.get(next))) {
        chunks.remove(next);
      } else {
        next++;
      }
    }
    if (next == chunks.size()) {
      chunks.add(pool.reserve(bytes, label));
    }
    return next;
  }

  /// Whether its tensors have elements, and not a shape and a type alone.
  public boolean hasMemory() {
    return !(pool.memory() instanceof NoMemory);
  }

  void requireOpen(@Nullable Tensor tensor) {
    if (!open) {
      String what = tensor == null ? "a new tensor" : "tensor " + tensor.shape();
      throw new IllegalStateException(what + ": scope '" + label + "' is closed");
    }
  }

  /// Gives the memory back. Closing twice would hide a bug, so it throws.
  @Override
  public void close() {
    if (!open) {
      throw new IllegalStateException("scope '" + label + "' is already closed");
    }
    open = false;
    pool.giveBack(label, chunks);
  }
}
