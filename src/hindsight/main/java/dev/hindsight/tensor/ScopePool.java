package dev.hindsight.tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Opens a backend's scopes and keeps the chunks of closed ones for the next scope of that label.
///
/// A chunk that is too small for that scope's next tensor is released there and then, so scopes
/// that grow hold what the largest needs and not the sum of all sizes. Scopes of any sizes in turn
/// come to rest all the same: what stands in the place of a released chunk is larger than it was.
public final class ScopePool implements AutoCloseable {
  private static final long SMALLEST_CHUNK = 1L << 20;

  private final Memory memory;
  private final boolean keepsAll;
  private final Map<String, List<List<Scope.Chunk>>> free = new HashMap<>();
  private long reserved;
  private int openScopes;

  public ScopePool(Memory memory) {
    this(memory, false);
  }

  private ScopePool(Memory memory, boolean keepsAll) {
    this.memory = memory;
    this.keepsAll = keepsAll;
  }

  /// A pool that releases nothing before it closes: that of a recording, which goes on using the
  /// addresses of scopes that are long closed.
  public static ScopePool keepingAll(Memory memory) {
    return new ScopePool(memory, true);
  }

  public Scope open(String label) {
    List<List<Scope.Chunk>> kept = free.getOrDefault(label, List.of());
    List<Scope.Chunk> chunks = kept.isEmpty() ? List.of() : kept.removeLast();
    openScopes++;
    return new Scope(this, label, chunks);
  }

  /// Bytes that all scopes, open or kept, hold.
  public long reservedBytes() {
    return reserved;
  }

  Memory memory() {
    return memory;
  }

  Scope.Chunk reserve(long bytes, String label) {
    long size = Math.max(bytes, SMALLEST_CHUNK);
    var chunk = new Scope.Chunk(memory.reserve(size, label), size);
    reserved += size;
    return chunk;
  }

  /// Releases what a scope has no use for, unless this pool keeps all.
  boolean tryRelease(Scope.Chunk chunk) {
    if (!keepsAll) {
      memory.release(chunk.address());
      reserved -= chunk.bytes();
    }
    return !keepsAll;
  }

  void giveBack(String label, List<Scope.Chunk> chunks) {
    openScopes--;
    free.computeIfAbsent(label, _ -> new ArrayList<>()).add(new ArrayList<>(chunks));
  }

  /// Releases everything; an open scope at this point is a leak and throws.
  @Override
  public void close() {
    if (openScopes > 0) {
      throw new IllegalStateException(openScopes + " scope(s) were left open");
    }
    free.values().stream()
        .flatMap(List::stream)
        .flatMap(List::stream)
        .forEach(chunk -> memory.release(chunk.address()));
    free.clear();
  }
}
