package dev.hindsight.softgpu.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Shared memory of a block with, per granule, stamps of who wrote and read it last.
///
/// A granule is as wide as the narrowest shared access of the kernel, so that no two accesses share
/// a granule without sharing bytes. A stamp is, from its high bits down: block epoch (22), warp
/// epoch (14), warp (5), lane (5), atomic (1), several lanes (1), pc (16). Stamps below the current
/// block epoch lie before a barrier and conflict with nothing. Where either epoch is used up, all
/// that was noted is taken to lie before a barrier.
public final class SharedMemory {
  static final int EPOCH = 42;
  static final int WARP_EPOCH = 28;
  static final int WARP_EPOCHS = 1 << (EPOCH - WARP_EPOCH);
  static final int WARP = 23;
  static final int LANE = 18;
  static final long ATOMIC = 1L << 17;
  static final long SEVERAL = 1L << 16;

  /// Bytes that a bulk copy moves at a time.
  private static final int BULK = 16;

  /// The last block epoch: stamps of a later one would be negative.
  private static final long LAST_EPOCH = Long.MAX_VALUE >>> EPOCH << EPOCH;

  /// A granule that no variable holds.
  static final long RED = -1;

  public final byte[] bytes;
  final Launch launch;

  /// The static variables, and dynamic shared memory where there is any.
  final List<Program.SharedSlot> slots;

  final int granuleShift;
  final long @Nullable [] writes;
  final long[] reads;
  final long[] otherReads;

  /// Where several lanes of a warp have read: the second one.
  final long[] secondReads;

  /// Copies under way into each granule.
  final byte[] async;

  /// `ordered[a][b]`: warp epochs of warp b that a partial barrier put before warp a's present.
  final int[] @Nullable [] ordered;

  long epochBase = 1L << EPOCH;
  final SharedParts parts;
  final ReadLog log = new ReadLog();
  private final SharedCheck check;
  private final long[] fresh;
  private final Block block;
  private boolean anyOrdered;

  SharedMemory(Launch launch, Block block) {
    this.launch = launch;
    this.block = block;
    Program.Shared layout = launch.program.shared();
    int size = layout.dynamicOffset() + launch.dynamicSharedBytes;
    bytes = new byte[size];
    slots = slots(layout, launch.dynamicSharedBytes);
    granuleShift = Integer.numberOfTrailingZeros(layout.granule());
    int granules = (size >> granuleShift) + 1;
    boolean stamps =
        launch.sharedRaces || launch.uninitialised || launch.bounds || launch.asyncCopies;
    writes = stamps ? new long[granules] : null;
    reads = new long[stamps ? granules : 0];
    otherReads = new long[stamps ? granules : 0];
    secondReads = new long[stamps ? granules : 0];
    async = new byte[stamps && launch.program.hasAsyncCopies() ? granules : 0];
    fresh = new long[stamps ? granules : 0];
    ordered = new int[(int) ((launch.block.count() + 31) / 32)][];
    parts = new SharedParts(size, granuleShift);
    if (stamps) {
      layOut();
      parts.layOut(fresh);
    }
    check = new SharedCheck(this);
  }

  private static List<Program.SharedSlot> slots(Program.Shared layout, int dynamicBytes) {
    List<Program.SharedSlot> all = new ArrayList<>(layout.slots());
    if (dynamicBytes > 0) {
      all.add(
          new Program.SharedSlot(
              "dynamic shared memory",
              layout.dynamicOffset(),
              dynamicBytes,
              layout.dynamicAlign()));
    }
    return List.copyOf(all);
  }

  private void layOut() {
    Arrays.fill(fresh, launch.bounds ? RED : 0);
    for (Program.SharedSlot slot : slots) {
      // The barriers that CUDA keeps there are open at the start.
      long state = slot.isReserved() ? 1 : 0;
      Arrays.fill(fresh, slot.offset() >> granuleShift, end(slot.offset() + slot.bytes()), state);
    }
    if (!launch.uninitialised) {
      for (int i = 0; i < fresh.length; i++) {
        fresh[i] = fresh[i] == 0 ? 1 : fresh[i];
      }
    }
  }

  private int end(int offset) {
    return Math.ceilDiv(offset, 1 << granuleShift);
  }

  /// Another block begins: what was noted of the one before lies before a barrier.
  void reset() {
    fullBarrier();
    parts.start();
    if (writes != null) {
      System.arraycopy(fresh, 0, writes, 0, fresh.length);
      Arrays.fill(async, (byte) 0);
    }
  }

  private void forgetOrder() {
    if (anyOrdered) {
      Arrays.fill(ordered, null);
      anyOrdered = false;
    }
  }

  /// All threads met: whatever came before is ordered now.
  void fullBarrier() {
    if (epochBase == LAST_EPOCH) {
      restart();
    }
    epochBase += 1L << EPOCH;
    forgetOrder();
    parts.barrier();
    log.clear();
  }

  /// Goes on as behind a barrier of all threads, with the lowest epochs.
  private void restart() {
    epochBase = 1L << EPOCH;
    forgetOrder();
    parts.barrier();
    log.clear();
    block.barriers.forgetOrder();
    block.mbarriers.forgetOrder();
    for (Warp w : block.warps) {
      w.epoch = 0;
      w.metAt = 0;
    }
    if (writes != null) {
      for (int g = 0; g < writes.length; g++) {
        // Who wrote it, without when; 0 would say that nobody did.
        writes[g] = writes[g] <= 0 ? writes[g] : Math.max(1, writes[g] & (1L << WARP_EPOCH) - 1);
      }
      Arrays.fill(reads, 0);
      Arrays.fill(otherReads, 0);
    }
  }

  /// The warp comes to something that tells its accesses before from those behind.
  void advance(Warp w) {
    if (++w.epoch == WARP_EPOCHS) {
      restart();
    }
  }

  /// A warp comes to a barrier. What it does next lies behind, even where it does not wait.
  void arrive(Arrivals arrivals, Warp w, boolean waits) {
    arrivals.add(w, ordered[w.index], waits);
    if (!waits) {
      advance(w);
    }
  }

  /// A barrier of some warps opens: those that waited know what came before any that arrived.
  void partialBarrier(Arrivals arrivals) {
    for (Warp w : block.warps) {
      if (arrivals.waits(w.index)) {
        w.meet();
      }
    }
    int[] before = arrivals.before();
    for (Warp w : block.warps) {
      if (arrivals.waits(w.index)) {
        ordered[w.index] = before;
      }
    }
    anyOrdered = true;
  }

  /// Checks loads of `width` bytes at these offsets; returns the lanes that may load.
  ///
  /// @param data where a load puts them, or null where unwritten bytes are a finding at once
  int read(Warp w, Op op, int mask, int[] offsets, int width, @Nullable Data data) {
    return writes == null
        ? check.place(w, op, mask, offsets, width, "read")
        : check.read(w, op, mask, offsets, width, data);
  }

  /// Checks stores; `data` tells what a lane stores, or is null for atomics and async copies.
  int write(
      Warp w, Op op, int mask, int[] offsets, int width, boolean atomic, @Nullable Data data) {
    return writes == null
        ? check.place(w, op, mask, offsets, width, atomic ? "atomic" : "write")
        : check.write(w, op, mask, offsets, width, atomic, data);
  }

  /// Marks granules as unwritten of which no byte from an offset on is otherwise, one bit each.
  void unwrite(int offset, int bytesUnwritten) {
    int size = 1 << granuleShift;
    int all = (1 << size) - 1;
    for (int i = 0; writes != null && bytesUnwritten >>> i != 0 && i < Integer.SIZE; i += size) {
      if ((bytesUnwritten >>> i & all) == all && launch.uninitialised) {
        int g = (offset + i) >> granuleShift;
        if (writes[g] > 0) {
          writes[g] = 0;
          parts.open(g);
        }
      }
    }
  }

  /// Bytes of these granules that nobody wrote, one bit each.
  int unwritten(int first, int granules) {
    int size = 1 << granuleShift;
    int bytes = 0;
    for (int g = 0; writes != null && g < granules; g++) {
      bytes |= writes[first + g] == 0 ? ((1 << size) - 1) << (g * size) : 0;
    }
    return bytes;
  }

  /// Marks granules that a copy under way will write.
  void depart(int mask, int[] offsets, int width) {
    mark(mask, offsets, width, 1);
  }

  /// Writes the bytes of a copy that was waited for.
  void land(Warp w, Op op, int mask, int[] offsets, byte[] data, int width) {
    mark(mask, offsets, width, -1);
    check.write(w, op, mask, offsets, width, false, null);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      System.arraycopy(data, lane * width, bytes, offsets[lane], width);
    }
  }

  /// A bulk copy of one lane begins; false where it may not.
  boolean depart(Warp w, Op op, int lane, int start, int size) {
    return depart(w, op, lane, units(start, size));
  }

  /// A bulk copy of one lane ends.
  void land(Warp w, Op op, int lane, int start, long[] words) {
    byte[] image = new byte[words.length * Long.BYTES];
    for (int i = 0; i < words.length; i++) {
      Bytes.I64.set(image, i * Long.BYTES, words[i]);
    }
    land(w, op, lane, units(start, image.length), image);
  }

  private static int[] units(int start, int size) {
    return IntStream.range(0, size / BULK).map(i -> start + BULK * i).toArray();
  }

  /// The same of one whose units of 16 bytes go anywhere.
  boolean depart(Warp w, Op op, int lane, int[] units) {
    int[] offsets = new int[Warp.LANES];
    int mask = 1 << lane;
    for (int at : units) {
      offsets[lane] = at;
      if (check.write(w, op, mask, offsets, BULK, false, null) == 0) {
        return false;
      }
    }
    for (int at : units) {
      offsets[lane] = at;
      mark(mask, offsets, BULK, 1);
    }
    return true;
  }

  void land(Warp w, Op op, int lane, int[] units, byte[] image) {
    int[] offsets = new int[Warp.LANES];
    int mask = 1 << lane;
    for (int u = 0; u < units.length; u++) {
      offsets[lane] = units[u];
      System.arraycopy(image, BULK * u, bytes, units[u], BULK);
      mark(mask, offsets, BULK, -1);
      check.write(w, op, mask, offsets, BULK, false, null);
    }
  }

  /// The stamp of who wrote a byte last.
  long writer(int offset) {
    return writes == null ? 1 : writes[offset >> granuleShift];
  }

  /// Whether nothing orders what a lane does behind this stamp.
  boolean races(Warp w, int lane, long stamp) {
    return launch.sharedRaces && stamp >= epochBase && check.conflict(w, lane, stamp);
  }

  /// A warp has waited for a phase of an mbarrier.
  void acquire(Warp w, Phases ended) {
    w.meet();
    int[] known = ordered[w.index];
    int[] all = ended.before().clone();
    for (int v = 0; known != null && v < all.length; v++) {
      all[v] = Math.max(all[v], known[v]);
    }
    ordered[w.index] = all;
    anyOrdered = true;
  }

  private void mark(int mask, int[] offsets, int width, int step) {
    if (async.length == 0) {
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int first = offsets[Integer.numberOfTrailingZeros(rest)] >> granuleShift;
      for (int g = first; g < first + (width >> granuleShift); g++) {
        if (async[g] == 0) {
          parts.open(g);
        }
        async[g] += (byte) step;
        if (async[g] == 0) {
          parts.close(g);
        }
      }
    }
  }
}
