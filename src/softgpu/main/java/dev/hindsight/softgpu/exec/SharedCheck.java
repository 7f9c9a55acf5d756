package dev.hindsight.softgpu.exec;

import static dev.hindsight.softgpu.exec.SharedMemory.ATOMIC;
import static dev.hindsight.softgpu.exec.SharedMemory.LANE;
import static dev.hindsight.softgpu.exec.SharedMemory.RED;
import static dev.hindsight.softgpu.exec.SharedMemory.SEVERAL;
import static dev.hindsight.softgpu.exec.SharedMemory.WARP;
import static dev.hindsight.softgpu.exec.SharedMemory.WARP_EPOCH;

import dev.hindsight.softgpu.check.Kind;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The checks of shared accesses.
final class SharedCheck {
  /// By so much the bits of a warp stand at the top.
  private static final int SAME_WARP = Long.SIZE - (WARP_EPOCH - WARP);

  private final SharedMemory memory;
  private final Launch launch;

  /// The least alignment that a variable declares; no narrower access is looked at.
  private final int leastAlign;

  /// The parts that the access at hand touches, at the most.
  private long parts;

  SharedCheck(SharedMemory memory) {
    this.memory = memory;
    this.launch = memory.launch;
    IntStream aligns = memory.slots.stream().mapToInt(Program.SharedSlot::align);
    leastAlign = launch.alignment ? aligns.min().orElse(Integer.MAX_VALUE) : Integer.MAX_VALUE;
  }

  private int inside(Warp w, Op op, int mask, int[] offsets, int width, String verb) {
    int size = memory.bytes.length;
    int ok = mask;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int at = offsets[lane];
      if (at < 0 || at > size - width) {
        memory.reports.outside(w, op, lane, at, width, verb);
        ok &= ~(1 << lane);
      } else if (launch.bounds && (at & width - 1) != 0) {
        memory.reports.invalid(w, op, Kind.MISALIGNED, lane, at, width, verb);
        ok &= ~(1 << lane);
      }
    }
    return ok;
  }

  /// Finds the bytes that lanes access; true when one leaves shared memory or is misaligned.
  private boolean suspicious(int mask, int[] offsets, int width) {
    int low = Integer.MAX_VALUE;
    int high = Integer.MIN_VALUE;
    int bits = 0;
    if (mask == Warp.FULL) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        low = Math.min(low, offsets[lane]);
        high = Math.max(high, offsets[lane]);
        bits |= offsets[lane];
      }
    } else {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int at = offsets[Integer.numberOfTrailingZeros(rest)];
        low = Math.min(low, at);
        high = Math.max(high, at);
        bits |= at;
      }
    }
    boolean bad = low < 0 || high > memory.bytes.length - width || (bits & width - 1) != 0;
    parts = bad ? -1L : mask == 0 ? 0 : memory.parts.of(low, high + width - 1);
    return bad;
  }

  /// The lanes that stay in shared memory, where little else is asked.
  int place(Warp w, Op op, int mask, int[] offsets, int width, String verb) {
    boolean good = mask == Warp.FULL && !anySuspicious(offsets, width);
    int ok = good ? mask : inside(w, op, mask, offsets, width, verb);
    if (width > leastAlign) {
      declared(w, op, ok, offsets, width, verb);
    }
    return ok;
  }

  private boolean anySuspicious(int[] offsets, int width) {
    int last = memory.bytes.length - width;
    int bad = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int at = offsets[lane];
      bad |= (at | last - at) >> 31 | (at & width - 1);
    }
    return bad != 0;
  }

  /// Reports the first lane whose access is wider than its variable is aligned.
  private void declared(Warp w, Op op, int mask, int[] offsets, int width, String verb) {
    for (Program.SharedSlot slot : memory.slots) {
      for (int rest = slot.align() < width ? mask : 0; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        if (slot.holds(offsets[lane])) {
          memory.reports.underAligned(w, op, lane, slot, width, verb);
          return;
        }
      }
    }
  }

  /// That of lane 0; the others have their numbers in it.
  private long stamp(Warp w, Op op) {
    return memory.epochBase
        | (long) w.epoch << WARP_EPOCH
        | (long) w.number << WARP
        | (op.pc & 0xffff);
  }

  int read(Warp w, Op op, int mask, int[] offsets, int width, @Nullable Data data) {
    int ok = mask;
    if (suspicious(mask, offsets, width)) {
      ok = inside(w, op, mask, offsets, width, "read");
    }
    if (width > leastAlign) {
      declared(w, op, ok, offsets, width, "read");
    }
    long[] writes = memory.writes;
    if (writes == null) {
      return ok;
    }
    boolean race = launch.sharedRaces;
    SharedParts touched = memory.parts;
    if ((parts & (race ? touched.open | touched.written : touched.open)) == 0
        || calm(ok, offsets, width, race)) {
      if (race) {
        touched.read |= parts;
        memory.log.add(ok, offsets, width, stamp(w, op), parts);
      }
      return ok;
    }
    if (race) {
      touched.read |= parts;
      memory.log.replay(parts);
    }
    int shift = memory.granuleShift;
    int granules = width >> shift;
    long base = memory.epochBase;
    boolean async = memory.async.length > 0 && launch.asyncCopies;
    for (int rest = ok; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int first = offsets[lane] >> shift;
      long mine = stamp(w, op) | (long) lane << LANE;
      for (int g = first; g < first + granules; g++) {
        long writer = writes[g];
        if (async && memory.async[g] != 0) {
          memory.reports.pending(w, op, lane, g << shift, width, writer, "read");
          break;
        }
        if (writer <= 0) {
          if (writer == RED) {
            memory.reports.outside(w, op, lane, offsets[lane], width, "read");
            ok &= ~(1 << lane);
          } else if (data == null) {
            memory.reports.uninitialised(w, op, lane, offsets[lane], width);
          } else {
            int at = offsets[lane];
            w.loadedUnwritten(
                op,
                lane,
                data,
                memory.unwritten(first, granules),
                () -> memory.reports.unwritten(w, at, width));
          }
          break;
        }
        if (race) {
          if (writer >= base && conflict(w, lane, writer)) {
            memory.reports.race(w, op, lane, g << shift, writer, "write", "read");
            writes[g] = 1;
          }
          noteRead(g, mine, base);
        }
      }
    }
    return ok;
  }

  /// Whether all granules were written, and before the last barrier.
  private boolean calm(int mask, int[] offsets, int width, boolean race) {
    long[] writes = memory.writes;
    if (writes == null) {
      return false;
    }
    byte[] async = memory.async;
    int shift = memory.granuleShift;
    int granules = width >> shift;
    long end = race ? memory.epochBase : Long.MAX_VALUE;
    int before = -1;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int first = offsets[Integer.numberOfTrailingZeros(rest)] >> shift;
      if (first == before) {
        continue; // many lanes read one word
      }
      before = first;
      for (int g = first; g < first + granules; g++) {
        if (writes[g] <= 0 || writes[g] >= end || (async.length > 0 && async[g] != 0)) {
          return false;
        }
      }
    }
    return true;
  }

  /// Notes by granule what was logged, of what lies in these parts.
  void noteRead(int offset, int bytes, long stamp, long wanted) {
    int shift = memory.granuleShift;
    for (int g = offset >> shift; g < (offset + bytes) >> shift; g++) {
      if ((memory.parts.of(g) & wanted) != 0) {
        noteRead(g, stamp, memory.epochBase);
      }
    }
  }

  private void noteRead(int g, long mine, long base) {
    long[] reads = memory.reads;
    long before = reads[g];
    if (before < base) {
      reads[g] = mine;
      return;
    }
    long differ = (before ^ mine) >>> LANE;
    if (differ == 0) {
      return;
    }
    if ((before ^ mine) >>> WARP << SAME_WARP == 0) {
      boolean sameEpoch = (before ^ mine) >>> WARP == 0;
      if (sameEpoch && (before & SEVERAL) == 0) {
        memory.secondReads[g] = mine;
      }
      reads[g] = sameEpoch ? before | SEVERAL : mine;
    } else {
      memory.otherReads[g] = before;
      reads[g] = mine;
    }
  }

  int write(
      Warp w, Op op, int mask, int[] offsets, int width, boolean atomic, @Nullable Data data) {
    int ok = mask;
    String verb = atomic ? "atomic" : "write";
    if (suspicious(mask, offsets, width)) {
      ok = inside(w, op, mask, offsets, width, verb);
    }
    if (width > leastAlign) {
      declared(w, op, ok, offsets, width, verb);
    }
    long[] writes = memory.writes;
    if (writes == null) {
      return ok;
    }
    boolean race = launch.sharedRaces;
    SharedParts touched = memory.parts;
    touched.written |= parts;
    int left = ok;
    if ((parts & touched.read) == 0) {
      left = firstWrites(w, op, ok, offsets, width, atomic);
    } else if (race) {
      memory.log.replay(parts);
    }
    int shift = memory.granuleShift;
    int granules = width >> shift;
    long base = memory.epochBase;
    boolean async = memory.async.length > 0 && launch.asyncCopies && data != null;
    for (int rest = left; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int first = offsets[lane] >> shift;
      long mine = stamp(w, op) | (long) lane << LANE | (atomic ? ATOMIC : 0);
      for (int g = first; g < first + granules; g++) {
        long writer = writes[g];
        if (writer == RED) {
          memory.reports.outside(w, op, lane, offsets[lane], width, verb);
          ok &= ~(1 << lane);
          break;
        }
        if (async && memory.async[g] != 0) {
          memory.reports.pending(w, op, lane, g << shift, width, writer, verb);
          break;
        }
        if (atomic && writer == 0) {
          memory.reports.uninitialised(w, op, lane, offsets[lane], width);
        }
        if (race) {
          if (writer >= base
              && !(atomic && (writer & ATOMIC) != 0)
              && conflict(w, lane, writer)
              && !sameValue(w, op, lane, offsets, writer, data)) {
            memory.reports.race(w, op, lane, g << shift, writer, "write", verb);
          } else {
            raceWithReader(w, op, lane, g, base, verb);
          }
        }
        if (writer == 0) {
          memory.parts.close(g);
        }
        writes[g] = mine;
      }
    }
    return ok;
  }

  /// Stamps what nobody has touched since the last barrier, lane after lane up to one that meets
  /// anything else. Returns that lane and those behind it.
  private int firstWrites(Warp w, Op op, int mask, int[] offsets, int width, boolean atomic) {
    long[] writes = memory.writes;
    if (writes == null) {
      return mask;
    }
    byte[] async = memory.async;
    int shift = memory.granuleShift;
    int granules = width >> shift;
    long base = memory.epochBase;
    long least = atomic ? 1 : 0;
    long first = stamp(w, op) | (atomic ? ATOMIC : 0);
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int from = offsets[lane] >> shift;
      for (int g = from; g < from + granules; g++) {
        long writer = writes[g];
        if (writer < least || writer >= base || (async.length > 0 && async[g] != 0)) {
          return rest;
        }
        if (writer == 0) {
          memory.parts.close(g);
        }
        writes[g] = first | (long) lane << LANE;
      }
    }
    return 0;
  }

  private void raceWithReader(Warp w, Op op, int lane, int g, long base, String verb) {
    long reader = memory.reads[g];
    if (reader >= base && conflict(w, lane, reader)) {
      // Of several readers of the own warp the other one is meant.
      boolean own = warp(reader) == w.number && (int) (reader >>> LANE & 31) == lane;
      long other = own ? memory.secondReads[g] : reader;
      memory.reports.race(w, op, lane, g << memory.granuleShift, other, "read", verb);
      memory.reads[g] = 0;
      memory.otherReads[g] = 0;
      return;
    }
    long other = memory.otherReads[g];
    if (other >= base && conflict(w, lane, other)) {
      memory.reports.race(w, op, lane, g << memory.granuleShift, other, "read", verb);
      memory.otherReads[g] = 0;
    }
  }

  /// The number in the cluster of the stamped warp.
  static int warp(long stamp) {
    return (int) (stamp >>> WARP) & SharedMemory.WARPS - 1;
  }

  /// Whether nothing orders the access of this lane after the stamped one.
  boolean conflict(Warp w, int lane, long stamp) {
    int epoch = (int) (stamp >>> WARP_EPOCH) & SharedMemory.WARP_EPOCHS - 1;
    if (warp(stamp) == w.number) {
      boolean other = ((int) (stamp >>> LANE) & 31) != lane || (stamp & SEVERAL) != 0;
      return other && epoch >= w.metAt;
    }
    int[] known = memory.order.known[w.number];
    return known == null || epoch > known[warp(stamp)];
  }

  /// Two lanes that store the same bytes do no harm.
  private boolean sameValue(
      Warp w, Op op, int lane, int[] offsets, long writer, @Nullable Data data) {
    if (data == null) {
      return false;
    }
    int otherLane = (int) (writer >>> LANE) & 31;
    boolean together =
        warp(writer) == w.number
            && (int) (writer & 0xffff) == (op.pc & 0xffff)
            && offsets[otherLane] == offsets[lane];
    return together
        ? data.sameStored(w, lane, otherLane)
        : data.isStored(w, lane, memory.bytes, offsets[lane]);
  }
}
