package dev.hindsight.softgpu.exec;

/// A register of any file, read and written lane by lane as raw bits. Slow and general.
///
/// @param index register index in its file, or the bit of a predicate
public record Ref(File file, int index) {
  /// Where a register lives, and how wide it is.
  public enum File {
    INT,
    SHORT,
    FLOAT,
    LONG,
    PRED,
    NOWHERE
  }

  /// Of an op that lacks this operand.
  public static final Ref NONE = new Ref(File.NOWHERE, 0);

  public long get(Warp w, int lane) {
    return switch (file) {
      case INT -> w.ints[index][lane] & 0xffffffffL;
      case SHORT -> w.ints[index][lane] & 0xffffL;
      case FLOAT -> w.floatBits(index, lane) & 0xffffffffL;
      case LONG -> w.longs[index][lane];
      case PRED -> w.preds[index] >>> lane & 1;
      case NOWHERE -> 0;
    };
  }

  public void set(Warp w, int lane, long bits) {
    switch (file) {
      case INT -> w.ints[index][lane] = (int) bits;
      case SHORT -> w.ints[index][lane] = (int) bits & 0xffff;
      case FLOAT -> w.floats[index][lane] = Float.intBitsToFloat((int) bits);
      case LONG -> w.longs[index][lane] = bits;
      case PRED -> w.setPred(index, 1 << lane, (int) bits << lane);
      case NOWHERE -> {}
    }
  }

  /// The low 32 bits of the lanes of the mask.
  void gather(Warp w, int mask, int[] to) {
    if (mask == Warp.FULL && (file == File.INT || file == File.FLOAT)) {
      System.arraycopy(w.i(file == File.INT ? index : ~index, 0), 0, to, 0, Warp.LANES);
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      to[lane] = (int) get(w, lane);
    }
  }

  /// Writes 32 bits into each lane of the mask.
  void scatter(Warp w, int mask, int[] from) {
    if (mask == Warp.FULL && file == File.INT) {
      System.arraycopy(from, 0, w.ints[index], 0, Warp.LANES);
      return;
    }
    if (mask == Warp.FULL && file == File.FLOAT) {
      float[] to = w.floats[index];
      for (int lane = 0; lane < Warp.LANES; lane++) {
        to[lane] = Float.intBitsToFloat(from[lane]);
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      set(w, lane, from[lane] & 0xffffffffL);
    }
  }
}
