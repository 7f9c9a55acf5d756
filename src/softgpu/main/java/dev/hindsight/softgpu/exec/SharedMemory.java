package dev.hindsight.softgpu.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Shared memory of a block with, per granule, stamps of who wrote and read it last.
///
/// A granule is as wide as the narrowest shared access of the kernel, so that no two accesses share
/// a granule without sharing bytes. A stamp is, from its high bits down: epoch of the cluster (18),
/// warp epoch (14), warp (9), lane (5), atomic (1), several lanes (1), pc (16). Stamps below the
/// current epoch lie before a barrier of all and conflict with nothing. Where either epoch is used
/// up, all that was noted is taken to lie before a barrier.
public final class SharedMemory {
  static final int EPOCH = 46;
  static final int WARP_EPOCH = 32;
  static final int WARP_EPOCHS = 1 << (EPOCH - WARP_EPOCH);
  static final int WARP = 23;
  static final int WARPS = 1 << (WARP_EPOCH - WARP);
  static final int LANE = 18;
  static final long ATOMIC = 1L << 17;
  static final long SEVERAL = 1L << 16;

  /// Bytes that a bulk copy moves at a time.
  private static final int BULK = 16;

  /// The last epoch: stamps of a later one would be negative.
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

  /// What barriers put before what.
  final Order order;

  final Block block;

  long epochBase = 1L << EPOCH;
  final SharedParts parts;
  final ReadLog log;
  final SharedReports reports;

  /// Accesses of other blocks of the cluster.
  final Visits visits;

  final AsyncProxy proxy;
  private final SharedCheck check;
  private final long[] fresh;

  SharedMemory(Block block) {
    this.launch = block.launch;
    this.block = block;
    this.order = block.cluster.order;
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
    parts = new SharedParts(size, granuleShift);
    if (stamps) {
      layOut();
      parts.layOut(fresh);
    }
    reports = new SharedReports(this);
    visits = new Visits(this);
    boolean proxied = stamps && launch.asyncCopies && launch.program.hasAsyncReads();
    proxy = new AsyncProxy(this, proxied ? granules : 0);
    check = new SharedCheck(this);
    log = new ReadLog(check::noteRead);
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

  /// Another block begins.
  void reset() {
    visits.forget();
    parts.start();
    proxy.reset();
    if (writes != null) {
      System.arraycopy(fresh, 0, writes, 0, fresh.length);
      Arrays.fill(async, (byte) 0);
    }
  }

  boolean atLastEpoch() {
    return epochBase == LAST_EPOCH;
  }

  /// All threads of the cluster met.
  void nextEpoch() {
    epochBase += 1L << EPOCH;
    visits.forget();
    parts.barrier();
    log.clear();
  }

  /// Epochs begin anew, as behind a barrier of all.
  void restart() {
    epochBase = 1L << EPOCH;
    visits.forget();
    parts.barrier();
    log.clear();
    if (writes != null) {
      for (int g = 0; g < writes.length; g++) {
        // Who wrote it, without when; 0 would say that nobody did.
        writes[g] = writes[g] <= 0 ? writes[g] : Math.max(1, writes[g] & (1L << WARP_EPOCH) - 1);
      }
      Arrays.fill(reads, 0);
      Arrays.fill(otherReads, 0);
    }
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
    int ok =
        writes == null
            ? check.place(w, op, mask, offsets, width, atomic ? "atomic" : "write")
            : check.write(w, op, mask, offsets, width, atomic, data);
    proxy.store(ok, offsets, width);
    return ok;
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
    proxy.land(mask, offsets, width);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      System.arraycopy(data, lane * width, bytes, offsets[lane], width);
    }
  }

  /// Where each 16 bytes go that lie side by side.
  static int[] units(int start, int size) {
    return IntStream.range(0, size / BULK).map(i -> start + BULK * i).toArray();
  }

  /// A bulk copy of one lane begins, each 16 bytes to their place; false where it may not.
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

  /// It ends.
  void land(Warp w, Op op, int lane, int[] units, byte[] image) {
    int[] offsets = new int[Warp.LANES];
    int mask = 1 << lane;
    for (int u = 0; u < units.length; u++) {
      offsets[lane] = units[u];
      System.arraycopy(image, BULK * u, bytes, units[u], BULK);
      mark(mask, offsets, BULK, -1);
      check.write(w, op, mask, offsets, BULK, false, null);
      proxy.land(mask, offsets, BULK);
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
