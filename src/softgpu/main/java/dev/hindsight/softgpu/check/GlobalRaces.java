package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Allocation;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which blocks touched each global byte of a launch, and what orders one block's accesses before
/// another's. Blocks take turns on one host thread then.
///
/// As in PTX's memory model, strong accesses (atomics, volatile, `.relaxed`, `.acquire` and
/// `.release` of a scope beyond the block) do not race with each other. Others are ordered by a
/// release that the other block acquires from: a fence before a strong write, or a `.release`; then
/// a strong read of the same word, with a fence behind it or `.acquire`. Besides, who has seen a
/// strong write comes after it where he touches the same word.
///
/// A block counts its fences, and knows of others up to which of theirs it has seen. Threads of one
/// block are not told apart: which barrier brings their writes before the fence of one of them is
/// not asked. That a word was written comes before that it is read is taken from the run at hand.
public final class GlobalRaces {
  private final boolean formal;
  private final Touches.Table table = new Touches.Table();
  private final Map<Allocation, RaceShadow> shadows = new HashMap<>();
  private final Map<Integer, View> views = new HashMap<>();
  private @Nullable Allocation lastAllocation;
  private RaceShadow shadow = new RaceShadow(0);
  private View view = new View(-1, table);

  /// Advances where what [Touches] are to the view may change.
  private int asOf = 1;

  /// Touches that the view's own are among, the latest that were asked for; 0 for none.
  private int latest;

  /// @param formal whether an atomic acquires only where it says so or a fence follows; GPUs, and
  ///   CUDA's own samples where the last block adds up, take it that it does
  public GlobalRaces(boolean formal) {
    this.formal = formal;
  }

  /// Notes a fence for the whole GPU.
  public void fence(long block) {
    turnTo((int) block);
    view.fence();
    forget();
  }

  /// Blocks of a cluster have waited for each other.
  public void meet(long... blocks) {
    Map<Integer, Integer> known = new HashMap<>();
    for (long block : blocks) {
      release(block, known);
    }
    for (long block : blocks) {
      acquire(block, known);
    }
  }

  /// Adds what a block makes known to others of its cluster.
  public void release(long block, Map<Integer, Integer> told) {
    turnTo((int) block);
    view.pass();
    forget();
    View.merge(view.known(), told);
  }

  /// A block has waited for what others made known.
  public void acquire(long block, Map<Integer, Integer> told) {
    turnTo((int) block);
    if (view.acquire(told)) {
      forget();
    }
  }

  /// Notes weak accesses of lanes as long as they meet nothing of other blocks but reads by reads.
  /// Returns the lanes that do: each is for [#access].
  public int weak(Allocation a, long start, int[] offsets, int mask, int bytes, Lanes by) {
    turnTo((int) by.block);
    turnTo(a);
    int all = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      all |= offsets[Integer.numberOfTrailingZeros(rest)];
    }
    shadow.expect(start | all, bytes);
    boolean writes = by.use.writes();
    int granules = bytes / shadow.granule();
    int left = 0;
    int before = -1;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (offsets[lane] == before) {
        continue; // many lanes read one word
      }
      long offset = start + offsets[lane];
      RaceShadow.Chunk chunk = shadow.chunk(offset);
      int first = shadow.index(offset);
      boolean good =
          !chunk.strong()
              && RaceShadow.together(offset, offset + bytes - 1)
              && (writes ? writeOwn(chunk, first, granules) : readMore(chunk, first, granules));
      left |= good ? 0 : 1 << lane;
      before = good ? offsets[lane] : -1;
    }
    return left;
  }

  /// Who accesses, and how.
  public record Lanes(long block, Use use) {}

  private boolean readMore(RaceShadow.Chunk chunk, int first, int count) {
    int own = view.own().number;
    for (int i = first; i < first + count; i++) {
      int writes = chunk.writes[i];
      if (writes != 0 && writes != own) {
        return false;
      }
      int reads = chunk.reads[i];
      if ((reads != own && reads != latest) || reads == 0) {
        latest = and(reads);
        chunk.reads[i] = latest;
      }
    }
    return true;
  }

  private boolean writeOwn(RaceShadow.Chunk chunk, int first, int count) {
    int own = view.own().number;
    for (int i = first; i < first + count; i++) {
      int writes = chunk.writes[i];
      int reads = chunk.reads[i];
      if ((writes != 0 && writes != own) || (reads != 0 && reads != own)) {
        return false;
      }
      chunk.writes[i] = own;
      chunk.reads[i] = 0;
    }
    return true;
  }

  /// Notes an access of one lane. Returns the number of a block that it races with, or -1.
  public int access(Allocation a, long offset, int bytes, Lanes by, MemoryOrder order) {
    turnTo((int) by.block);
    turnTo(a);
    shadow.expect(offset, bytes);
    if (!order.strong()) {
      return by.use.writes() ? write(offset, bytes) : read(offset, bytes);
    }
    if (order.releases()) {
      view.pass();
      forget();
    }
    int other = by.use.writes() ? strongWrite(offset, bytes, by.use) : strongRead(offset, bytes);
    RaceShadow.Word word = shadow.word(offset);
    if (by.use.observes()) {
      observe(word, offset, by.use, order);
    }
    if (by.use.writes()) {
      tell(word, by.use, order);
    }
    return other;
  }

  private void observe(RaceShadow.Word word, long offset, Use use, MemoryOrder order) {
    int writes = shadow.chunk(offset).strongWrites[shadow.index(offset)];
    if (writes != 0) {
      word.observed.put(view.block, writes);
    }
    boolean acquires = order.acquires() || (use == Use.ATOMIC && !formal);
    if (!acquires) {
      view.meet(word.known);
    } else if (view.acquire(word.known)) {
      forget();
    }
  }

  private void tell(RaceShadow.Word word, Use use, MemoryOrder order) {
    if (use == Use.WRITE && word.writer != view.block) {
      word.known.clear(); // a reader of this value learns nothing from the writer of another
    }
    word.writer = view.block;
    View.merge(order.releases() ? view.known() : view.fenced(), word.known);
  }

  private int read(long offset, int bytes) {
    int other = -1;
    for (long at = offset; at < offset + bytes; at += shadow.granule()) {
      RaceShadow.Chunk chunk = shadow.chunk(at);
      int i = shadow.index(at);
      other = Math.max(other, unordered(chunk.writes[i]));
      if (chunk.strong()) {
        other = Math.max(other, unseen(offset, chunk.strongWrites[i]));
      }
      chunk.reads[i] = and(chunk.reads[i]);
    }
    return other;
  }

  private int write(long offset, int bytes) {
    int other = -1;
    for (long at = offset; at < offset + bytes; at += shadow.granule()) {
      RaceShadow.Chunk chunk = shadow.chunk(at);
      int i = shadow.index(at);
      other = Math.max(other, unordered(chunk.writes[i]));
      other = Math.max(other, unordered(chunk.reads[i]));
      if (chunk.strong()) {
        other = Math.max(other, unseen(offset, chunk.strongWrites[i]));
        other = Math.max(other, unordered(chunk.strongReads[i]));
        chunk.strongWrites[i] = 0;
        chunk.strongReads[i] = 0;
      }
      chunk.writes[i] = view.own().number;
      chunk.reads[i] = 0;
    }
    return other;
  }

  private int strongRead(long offset, int bytes) {
    int other = -1;
    for (long at = offset; at < offset + bytes; at += shadow.granule()) {
      RaceShadow.Chunk chunk = shadow.chunk(at);
      chunk.expectStrong();
      int i = shadow.index(at);
      other = Math.max(other, unordered(chunk.writes[i]));
      chunk.strongReads[i] = and(chunk.strongReads[i]);
    }
    return other;
  }

  private int strongWrite(long offset, int bytes, Use use) {
    int other = -1;
    for (long at = offset; at < offset + bytes; at += shadow.granule()) {
      RaceShadow.Chunk chunk = shadow.chunk(at);
      chunk.expectStrong();
      int i = shadow.index(at);
      other = Math.max(other, unordered(chunk.writes[i]));
      other = Math.max(other, unordered(chunk.reads[i]));
      chunk.strongWrites[i] = use == Use.ATOMIC ? view.own().number : and(chunk.strongWrites[i]);
    }
    return other;
  }

  /// A block whose strong write this one has neither seen nor knows to have come before, or -1.
  private int unseen(long offset, int writes) {
    int other = unordered(writes);
    RaceShadow.Word word = other < 0 ? null : shadow.knownWord(offset);
    Integer observed = word == null ? null : word.observed.get(view.block);
    return observed != null && observed == writes ? -1 : other;
  }

  private int unordered(int noted) {
    Touches touches = noted == view.own().number ? null : table.get(noted);
    if (touches == null) {
      return -1;
    }
    if (touches.unorderedAsOf != asOf) {
      touches.unorderedAsOf = asOf;
      touches.unordered = touches.unordered(view);
    }
    return touches.unordered;
  }

  private int and(int noted) {
    Touches touches = noted == view.own().number ? null : table.get(noted);
    if (touches == null) {
      return view.own().number;
    }
    if (touches.extendedAsOf != asOf) {
      touches.extendedAsOf = asOf;
      touches.extended = touches.and(view, table).number;
    }
    return touches.extended;
  }

  private void turnTo(int block) {
    if (block != view.block) {
      view = views.computeIfAbsent(block, b -> new View(b, table));
      forget();
    }
  }

  private void turnTo(Allocation a) {
    if (a != lastAllocation) {
      lastAllocation = a;
      shadow = shadows.computeIfAbsent(a, _ -> new RaceShadow(a.size));
    }
  }

  private void forget() {
    asOf++;
    latest = 0;
  }
}
