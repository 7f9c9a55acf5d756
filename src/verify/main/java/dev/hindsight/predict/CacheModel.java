package dev.hindsight.predict;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The L2 of a GPU as this prediction sees it: pieces of memory, the one used longest ago goes
/// first. A launch passes through all that it touches at the same pace.
final class CacheModel {
  /// Bytes of a piece: small against any L2, large against a sector.
  private static final long PIECE = 1 << 15;

  private final long capacity;
  private final Map<Long, Boolean> pieces = new LinkedHashMap<>(1 << 12, 0.75f, true); // -> dirty
  private long moved;

  CacheModel(long bytes) {
    this.capacity = bytes / PIECE;
  }

  /// A range of memory and what a launch does with it.
  record Touch(long address, long bytes, boolean reads, boolean writes) {}

  /// Bytes between L2 and device memory that a launch causes: what it reads and L2 does not hold,
  /// and what others wrote that has to leave for it.
  long run(List<Touch> touches) {
    long before = moved;
    List<Long> counts = new ArrayList<>();
    long most = 0;
    for (Touch touch : touches) {
      long count = last(touch) - first(touch) + 1;
      counts.add(count);
      most = Math.max(most, count);
    }
    for (long step = 0; step < most; step++) {
      for (int k = 0; k < touches.size(); k++) {
        long count = counts.get(k);
        for (long p = step * count / most; p < (step + 1) * count / most; p++) {
          piece(touches.get(k), first(touches.get(k)) + p);
        }
      }
    }
    return moved - before;
  }

  private static long first(Touch touch) {
    return touch.address() / PIECE;
  }

  private static long last(Touch touch) {
    return (touch.address() + touch.bytes() - 1) / PIECE;
  }

  private void piece(Touch touch, long piece) {
    long from = Math.max(touch.address(), piece * PIECE);
    long to = Math.min(touch.address() + touch.bytes(), (piece + 1) * PIECE);
    Boolean dirty = pieces.get(piece);
    if (dirty == null && touch.reads()) {
      moved += to - from;
    }
    pieces.put(piece, touch.writes() || Boolean.TRUE.equals(dirty));
    if (pieces.size() > capacity) {
      var eldest = pieces.entrySet().iterator().next();
      moved += eldest.getValue() ? PIECE : 0;
      pieces.remove(eldest.getKey());
    }
  }
}
