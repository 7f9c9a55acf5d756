package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Findings;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The registers of 32 threads, one array of 32 per register, and scratch space for the ops.
///
/// A register lives in the float, the int or the long file, as its uses suggest. An operand code is
/// the index in the file that the op wants, or the complement of an index in the other 32-bit file,
/// whose bits are then converted.
public final class Warp {
  public static final int LANES = 32;
  public static final int FULL = -1;

  public final Block block;
  public final int index;

  /// Its number in the cluster.
  final int number;

  /// Lanes that do not exist or have exited; what their registers hold does not matter.
  public int dead;

  /// Null while it has loaded nothing that nobody wrote.
  @Nullable Taint taint;

  /// By lane: where it stood behind its last barrier, and what it did last before it exited.
  private final int[] behindBarrier = new int[LANES];

  private final int[] lastBeforeExit = new int[LANES];

  public final int[][] ints;
  public final float[][] floats;
  public final long[][] longs;
  public final int[] preds;

  /// The wait that lanes of it did in vain last, or null; the turn of the block in which they did;
  /// and whether they have done nothing else since.
  @Nullable MbarrierWait waits;

  long waitedAt;
  boolean inVain;

  /// The carry of each lane, of arithmetic with `.cc`.
  public int carry;

  /// Local memory, one thread behind the other.
  public final byte[] local;

  public final byte[] localWritten;
  private final boolean[] computed;

  /// Addresses and offsets of the access at hand.
  public final long[] addresses = new long[LANES];

  public final int[] offsets = new int[LANES];

  /// All bits of the offsets in global memory.
  int offsetBits;

  /// Tells accesses apart that a barrier orders; each one that this warp comes to advances it.
  public int epoch;

  /// The epoch in which its lanes met last: their accesses since then are not ordered.
  int metAt;

  public final AsyncCopies asyncCopies = new AsyncCopies();
  public final Groups groups = new Groups();
  final Calls calls = new Calls();
  private @Nullable LaneValues laneValues; // many kernels have no collective
  private @Nullable AsyncProducts products;
  private final @Nullable AsyncReads[] bulkReads = new AsyncReads[LANES];

  private final int[][] intScratch = new int[8][LANES];
  private final float[][] floatScratch = new float[8][LANES];
  private final int[] intOut = new int[LANES];
  private final float[] floatOut = new float[LANES];
  private final long[] longOut = new long[LANES];

  public Warp(Block block, int index, Program program) {
    this.block = block;
    this.index = index;
    this.number = block.rank * block.launch.warpsOfBlock() + index;
    Program.Registers registers = program.registers();
    this.ints = registers.ints().clone();
    this.floats = registers.floats().clone();
    this.longs = registers.longs().clone();
    this.preds = new int[registers.preds()];
    Arrays.setAll(ints, k -> ints[k] == null ? new int[LANES] : ints[k]);
    Arrays.setAll(floats, k -> floats[k] == null ? new float[LANES] : floats[k]);
    Arrays.setAll(longs, k -> longs[k] == null ? new long[LANES] : longs[k]);
    this.local = new byte[program.localBytes() * LANES];
    this.localWritten = new byte[local.length];
    this.computed = new boolean[floats.length];
    registers.computed().stream().forEach(f -> computed[f] = true);
  }

  /// What the lanes of a collective meet in.
  LaneValues laneValues() {
    LaneValues present = laneValues;
    if (present == null) {
      present = new LaneValues();
      laneValues = present;
    }
    return present;
  }

  /// What its `wgmma` has under way.
  AsyncProducts products() {
    AsyncProducts present = products;
    if (present == null) {
      present = new AsyncProducts();
      products = present;
    }
    return present;
  }

  /// What bulk copies of a lane from shared to global memory have under way.
  public AsyncReads bulkReads(int lane) {
    AsyncReads present = bulkReads[lane];
    if (present == null) {
      present = new AsyncReads(Kind.MISSING_ASYNC_WAIT, "cp.async.bulk.wait_group");
      bulkReads[lane] = present;
    }
    return present;
  }

  /// Notes a finding at a lane of this warp.
  public void report(Kind kind, int lane, Op op, Supplier<Findings.Message> message) {
    block.launch.findings.add(kind, new Findings.At(block.number(), index, lane, op.pc), message);
  }

  /// A load has met unwritten bytes, one bit each. Nothing comes of it unless they are used.
  void loadedUnwritten(Op op, int lane, Data data, int bytes, Supplier<Findings.Message> message) {
    Taint present = taint;
    if (present == null) {
      present = new Taint(this);
      taint = present;
    }
    present.loaded(op.pc, lane, data, bytes, message);
  }

  /// A block begins; these lanes exist.
  void start(int lanes) {
    taint = null;
    waits = null;
    dead = ~lanes;
    epoch = 0;
    metAt = 0;
    groups.reset(lanes);
    asyncCopies.reset();
    products = null;
    Arrays.fill(bulkReads, null);
    calls.reset();
    Arrays.fill(localWritten, (byte) 0);
    Arrays.fill(behindBarrier, 0);
  }

  /// Lanes exit.
  void exit(int lanes, int last) {
    dead |= lanes;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      lastBeforeExit[Integer.numberOfTrailingZeros(rest)] = last;
    }
  }

  /// Lanes go on behind a barrier.
  void pass(int lanes, int barrier) {
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      behindBarrier[Integer.numberOfTrailingZeros(rest)] = barrier + 1;
    }
  }

  /// Of the lanes that have exited, those that stood before this barrier and did then what lies
  /// behind it: they did not return, they went past it.
  boolean wentPast(int lanes, int barrier, BitSet behind) {
    for (int rest = lanes & dead; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (behindBarrier[lane] <= barrier && behind.get(lastBeforeExit[lane])) {
        return true;
      }
    }
    return false;
  }

  /// Its lanes have waited for each other.
  public void meet() {
    block.cluster.order.advance(this);
    metAt = epoch;
  }

  public boolean full(int mask) {
    return (mask | dead) == FULL;
  }

  public int[] i(int code, int slot) {
    if (code >= 0) {
      return ints[code];
    }
    float[] from = floats[~code];
    int[] to = intScratch[slot];
    if (computed[~code]) {
      for (int k = 0; k < LANES; k++) {
        to[k] = Rounding.canonicalBits(from[k]);
      }
    } else {
      for (int k = 0; k < LANES; k++) {
        to[k] = Float.floatToRawIntBits(from[k]);
      }
    }
    return to;
  }

  public float[] f(int code, int slot) {
    if (code >= 0) {
      return floats[code];
    }
    int[] from = ints[~code];
    float[] to = floatScratch[slot];
    for (int k = 0; k < LANES; k++) {
      to[k] = Float.intBitsToFloat(from[k]);
    }
    return to;
  }

  public long[] l(int code) {
    return longs[code];
  }

  /// Where an op may write all 32 lanes; hand it to [#commit] afterwards.
  public int[] intTarget(int code, int mask) {
    return code >= 0 && full(mask) ? ints[code] : intOut;
  }

  public float[] floatTarget(int code, int mask) {
    return code >= 0 && full(mask) ? floats[code] : floatOut;
  }

  public long[] longTarget(int code, int mask) {
    return full(mask) ? longs[code] : longOut;
  }

  /// Moves the lanes of the mask into the register, unless they are there already.
  @SuppressWarnings("ReferenceEquality")
  public void commit(int code, int mask, int[] out) {
    if (out != intOut) {
      return;
    }
    if (code >= 0) {
      int[] to = ints[code];
      for (int k = 0; k < LANES; k++) {
        to[k] = (mask >>> k & 1) != 0 ? out[k] : to[k];
      }
    } else {
      float[] to = floats[~code];
      for (int k = 0; k < LANES; k++) {
        to[k] = (mask >>> k & 1) != 0 ? Float.intBitsToFloat(out[k]) : to[k];
      }
    }
  }

  @SuppressWarnings("ReferenceEquality")
  public void commit(int code, int mask, float[] out) {
    if (out != floatOut) {
      return;
    }
    if (code >= 0) {
      float[] to = floats[code];
      for (int k = 0; k < LANES; k++) {
        to[k] = (mask >>> k & 1) != 0 ? out[k] : to[k];
      }
    } else {
      int[] to = ints[~code];
      for (int k = 0; k < LANES; k++) {
        to[k] = (mask >>> k & 1) != 0 ? Rounding.canonicalBits(out[k]) : to[k];
      }
    }
  }

  @SuppressWarnings("ReferenceEquality")
  public void commit(int code, int mask, long[] out) {
    if (out != longOut) {
      return;
    }
    long[] to = longs[code];
    for (int k = 0; k < LANES; k++) {
      to[k] = (mask >>> k & 1) != 0 ? out[k] : to[k];
    }
  }

  /// Sets a predicate in the lanes of the mask.
  public void setPred(int code, int mask, int value) {
    preds[code] = (preds[code] & ~mask) | (value & mask);
  }

  /// Bytes of a lane's local memory as a number, without a sign.
  public long localBytes(int lane, int offset, int count) {
    return Bytes.get(local, lane * block.launch.program.localBytes() + offset, count);
  }

  /// Writes bytes of a lane's local memory.
  void setLocalBytes(int lane, int offset, int count, long value) {
    int at = lane * block.launch.program.localBytes() + offset;
    Bytes.set(local, at, count, value);
    Arrays.fill(localWritten, at, at + count, (byte) 1);
  }

  /// Copies bytes of a lane's local memory, written or not.
  void copyLocal(int lane, int from, int to, int count) {
    int base = lane * block.launch.program.localBytes();
    System.arraycopy(local, base + from, local, base + to, count);
    System.arraycopy(localWritten, base + from, localWritten, base + to, count);
  }

  /// Makes bytes of a lane's local memory unwritten.
  void clearLocal(int lane, int from, int count) {
    int base = lane * block.launch.program.localBytes();
    Arrays.fill(localWritten, base + from, base + from + count, (byte) 0);
  }

  /// Writes 32 bits into one lane.
  public void setLane(int code, int lane, int bits) {
    if (code >= 0) {
      ints[code][lane] = bits;
    } else {
      floats[~code][lane] = Float.intBitsToFloat(bits);
    }
  }

  /// Bits of a float register in one lane.
  public int floatBits(int index, int lane) {
    float value = floats[index][lane];
    return computed[index] ? Rounding.canonicalBits(value) : Float.floatToRawIntBits(value);
  }

  /// Whether NaNs in this float register come from arithmetic.
  boolean isComputed(int index) {
    return computed[index];
  }
}
