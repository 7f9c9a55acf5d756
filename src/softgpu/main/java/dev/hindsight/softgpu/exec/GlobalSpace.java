package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.GlobalRaces;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Access to global memory for one op: finds the allocations that its lanes address, checks, and
/// hands over those lanes together. Remembers the allocation that it met last.
final class GlobalSpace {
  /// What an op does with lanes whose addresses lie in one allocation.
  interface Action {
    void run(Warp w, int mask, MemorySegment memory, int[] offsets);
  }

  private static final String GLOBAL = "__global__";

  private final Op op;
  private final int width;
  private final Use use;
  private final MemoryOrder order;
  private final Action action;
  private @Nullable Allocation latest;

  GlobalSpace(Op op, int width, Use use, MemoryOrder order, Action action) {
    this.op = op;
    this.width = width;
    this.use = use;
    this.order = order;
    this.action = action;
  }

  /// Runs the action for the lanes whose access is good; returns these lanes.
  int access(Warp w, int mask, long[] addresses) {
    Launch launch = w.block.launch;
    Counters counters = w.block.counters;
    if (counters != null) {
      counters.global(op.pc, mask, addresses, width);
    }
    int[] offsets = w.offsets;
    int rest = mask;
    int good = 0;
    while (rest != 0) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Allocation a = latest;
      // The last one may be of another device: a program serves many.
      if (a == null
          || a.memory != launch.memory
          || a.freed()
          || !a.contains(addresses[lane], width)) {
        a = launch.memory.find(addresses[lane], width);
        if (a == null) {
          outside(w, lane, addresses[lane]);
          rest &= ~(1 << lane);
          continue;
        }
        latest = a;
      }
      long start = a.window(addresses[lane] - a.base);
      int in = inside(w, a, start, rest, addresses);
      int ok = check(w, a, start, in, addresses, offsets);
      if (ok != 0) {
        action.run(w, ok, start == 0 ? a.bytes() : a.bytes().asSlice(start), offsets);
        good |= ok;
      }
      rest &= ~in;
    }
    return good;
  }

  /// Lanes of `rest` whose whole access lies in the window; sets their offsets in it, and all bits
  /// of these.
  private int inside(Warp w, Allocation a, long start, int rest, long[] addresses) {
    int[] offsets = w.offsets;
    long base = a.base + start;
    long last = a.windowBytes(start) - width;
    if (rest == Warp.FULL) {
      long bad = 0;
      long bits = 0;
      for (int k = 0; k < Warp.LANES; k++) {
        long at = addresses[k] - base;
        bad |= at | last - at;
        bits |= at;
        offsets[k] = (int) at;
      }
      if (bad >= 0) {
        w.offsetBits = (int) bits;
        return rest;
      }
    }
    int in = 0;
    int bits = 0;
    for (int left = rest; left != 0; left &= left - 1) {
      int k = Integer.numberOfTrailingZeros(left);
      long at = addresses[k] - base;
      if (at >= 0 && at <= last) {
        offsets[k] = (int) at;
        bits |= offsets[k];
        in |= 1 << k;
      }
    }
    w.offsetBits = bits;
    return in;
  }

  private int check(Warp w, Allocation a, long start, int in, long[] addresses, int[] offsets) {
    Launch launch = w.block.launch;
    int ok = in;
    if ((w.offsetBits & width - 1) != 0 && launch.bounds) {
      for (int left = in; left != 0; left &= left - 1) {
        int k = Integer.numberOfTrailingZeros(left);
        if ((offsets[k] & width - 1) != 0) {
          report(w, Kind.MISALIGNED, k, addresses[k], "is misaligned");
          ok &= ~(1 << k);
        }
      }
    }
    if (width > a.align && launch.alignment && ok != 0) {
      underAligned(w, Integer.numberOfTrailingZeros(ok), a);
    }
    if (use != Use.READ && a.readOnly) {
      int k = Integer.numberOfTrailingZeros(in);
      report(w, Kind.READ_ONLY, k, addresses[k], "is read-only");
      return 0;
    }
    if (!a.isWritten()) {
      if (launch.uninitialised && use != Use.WRITE) {
        uninitialised(w, a, ok, addresses);
      }
      if (use != Use.READ) {
        for (int left = ok; left != 0; left &= left - 1) {
          a.stored(start + offsets[Integer.numberOfTrailingZeros(left)], width);
        }
      }
    }
    if (launch.globalRaces != null) {
      races(w, a, start, ok, addresses, offsets);
    }
    return ok;
  }

  private void uninitialised(Warp w, Allocation a, int mask, long[] addresses) {
    for (int left = mask; left != 0; left &= left - 1) {
      int k = Integer.numberOfTrailingZeros(left);
      int bytes = a.unwritten(addresses[k] - a.base, width);
      if (bytes == 0) {
        continue;
      }
      long at = addresses[k];
      Supplier<Message> message =
          () -> Message.uninitialised(GLOBAL, width, address(w, at, "was never written"));
      if (op instanceof Access.Memory load) {
        w.loadedUnwritten(op, k, load.data, bytes, message);
      } else {
        w.report(Kind.UNINITIALISED, k, op, message);
      }
    }
  }

  private void races(Warp w, Allocation a, long start, int mask, long[] addresses, int[] offsets) {
    GlobalRaces races = w.block.launch.globalRaces;
    if (races == null) {
      return;
    }
    MemoryOrder promised = order.among(w.block.cluster.isShared());
    var by = new GlobalRaces.Lanes(w.block.number(), use);
    int left = mask;
    if (promised == MemoryOrder.WEAK) {
      left = races.weak(a, start, offsets, mask, width, by);
    }
    for (; left != 0; left &= left - 1) {
      int k = Integer.numberOfTrailingZeros(left);
      int other = races.access(a, start + offsets[k], width, by, promised);
      if (other >= 0) {
        w.report(
            Kind.GLOBAL_RACE,
            k,
            op,
            () ->
                new Message(
                    String.format(
                        "Race in __global__ memory: %s of size %d bytes, block %s touched it too",
                        use.verb, width, w.block.launch.grid.at(other)),
                    address(w, addresses[k], "is shared by blocks of one launch")));
      }
    }
  }

  private void underAligned(Warp w, int lane, Allocation a) {
    w.report(
        Kind.UNDER_ALIGNED,
        lane,
        op,
        () -> Message.underAligned(GLOBAL, use.verb, width, a.name, a.align));
  }

  private void outside(Warp w, int lane, long address) {
    report(w, Kind.OUT_OF_BOUNDS, lane, address, "is out of bounds");
    if (!w.block.launch.bounds) {
      throw new Abort();
    }
  }

  private void report(Warp w, Kind kind, int lane, long address, String what) {
    w.report(
        kind, lane, op, () -> Message.invalid(GLOBAL, use.verb, width, address(w, address, what)));
  }

  private static String address(Warp w, long address, String what) {
    return String.format(
        "Address 0x%x %s%s", address, what, w.block.launch.memory.describe(address));
  }
}
