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
  /// Who wrote and read each byte last: all whose accesses are not known to have come before
  /// another's that is here.
  private static final class Shadow {
    final @Nullable Touches[] writes;
    final @Nullable Touches[] reads;

    /// Of strong accesses; none while there was none.
    @Nullable Touches[] strongWrites = new Touches[0];

    @Nullable Touches[] strongReads = strongWrites;

    /// By offset: words that strong accesses touched.
    final Map<Integer, Word> words = new HashMap<>();

    Shadow(int size) {
      writes = new Touches[size];
      reads = new Touches[size];
    }

    void expectStrong() {
      if (strongWrites.length == 0) {
        strongWrites = new Touches[writes.length];
        strongReads = new Touches[writes.length];
      }
    }
  }

  /// A word that blocks tell each other something with.
  private static final class Word {
    /// What who reads it may learn.
    final Map<Integer, Integer> known = new HashMap<>();

    /// Who wrote it last.
    int writer = -1;

    /// By block: the strong writes that it has seen here.
    final Map<Integer, Touches> observed = new HashMap<>();
  }

  private final boolean formal;
  private final Map<Allocation, Shadow> shadows = new HashMap<>();
  private final Map<Integer, View> views = new HashMap<>();
  private @Nullable Allocation lastAllocation;
  private Shadow shadow = new Shadow(0);
  private View view = new View(-1);

  /// What `view` has been asked of since it last changed: many bytes share their touches.
  private final Map<Touches, Integer> unordered = new HashMap<>();

  private final Map<Touches, Touches> extended = new HashMap<>();

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

  /// Notes an access of one lane. Returns the number of a block that it races with, or -1.
  public int access(Allocation a, int offset, int bytes, long block, Use use, MemoryOrder order) {
    turnTo((int) block);
    turnTo(a);
    if (!order.strong()) {
      return use.writes() ? write(offset, bytes) : read(offset, bytes);
    }
    shadow.expectStrong();
    if (order.releases()) {
      view.pass();
      forget();
    }
    int other = use.writes() ? strongWrite(offset, bytes, use) : strongRead(offset, bytes);
    Word word = shadow.words.computeIfAbsent(offset, _ -> new Word());
    if (use.observes()) {
      observe(word, offset, use, order);
    }
    if (use.writes()) {
      tell(word, use, order);
    }
    return other;
  }

  private void observe(Word word, int offset, Use use, MemoryOrder order) {
    Touches writes = shadow.strongWrites[offset];
    if (writes != null) {
      word.observed.put(view.block, writes);
    }
    boolean acquires = order.acquires() || (use == Use.ATOMIC && !formal);
    if (!acquires) {
      view.meet(word.known);
    } else if (view.acquire(word.known)) {
      forget();
    }
  }

  private void tell(Word word, Use use, MemoryOrder order) {
    if (use == Use.WRITE && word.writer != view.block) {
      word.known.clear(); // a reader of this value learns nothing from the writer of another
    }
    word.writer = view.block;
    View.merge(order.releases() ? view.known() : view.fenced(), word.known);
  }

  private int read(int offset, int bytes) {
    int other = -1;
    for (int i = offset; i < offset + bytes; i++) {
      other = Math.max(other, unordered(shadow.writes[i]));
      if (shadow.strongWrites.length > 0) {
        other = Math.max(other, unseen(offset, i));
      }
      shadow.reads[i] = and(shadow.reads[i]);
    }
    return other;
  }

  private int write(int offset, int bytes) {
    int other = -1;
    for (int i = offset; i < offset + bytes; i++) {
      other = Math.max(other, unordered(shadow.writes[i]));
      other = Math.max(other, unordered(shadow.reads[i]));
      if (shadow.strongWrites.length > 0) {
        other = Math.max(other, unseen(offset, i));
        other = Math.max(other, unordered(shadow.strongReads[i]));
        shadow.strongWrites[i] = null;
        shadow.strongReads[i] = null;
      }
      shadow.writes[i] = view.own();
      shadow.reads[i] = null;
    }
    return other;
  }

  private int strongRead(int offset, int bytes) {
    int other = -1;
    for (int i = offset; i < offset + bytes; i++) {
      other = Math.max(other, unordered(shadow.writes[i]));
      shadow.strongReads[i] = and(shadow.strongReads[i]);
    }
    return other;
  }

  private int strongWrite(int offset, int bytes, Use use) {
    int other = -1;
    for (int i = offset; i < offset + bytes; i++) {
      other = Math.max(other, unordered(shadow.writes[i]));
      other = Math.max(other, unordered(shadow.reads[i]));
      shadow.strongWrites[i] = use == Use.ATOMIC ? view.own() : and(shadow.strongWrites[i]);
    }
    return other;
  }

  /// A block whose strong write this one has neither seen nor knows to have come before, or -1.
  private int unseen(int offset, int at) {
    Touches writes = shadow.strongWrites[at];
    int other = unordered(writes);
    Word word = other < 0 ? null : shadow.words.get(offset);
    return word != null && word.observed.get(view.block) == writes ? -1 : other;
  }

  private int unordered(@Nullable Touches noted) {
    return noted == null || noted == view.own()
        ? -1
        : unordered.computeIfAbsent(noted, n -> n.unordered(view));
  }

  private Touches and(@Nullable Touches noted) {
    return noted == null || noted == view.own()
        ? view.own()
        : extended.computeIfAbsent(noted, n -> n.and(view));
  }

  private void turnTo(int block) {
    if (block != view.block) {
      view = views.computeIfAbsent(block, View::new);
      forget();
    }
  }

  private void turnTo(Allocation a) {
    if (a != lastAllocation) {
      lastAllocation = a;
      shadow = shadows.computeIfAbsent(a, _ -> new Shadow(a.size));
    }
  }

  private void forget() {
    unordered.clear();
    extended.clear();
  }
}
