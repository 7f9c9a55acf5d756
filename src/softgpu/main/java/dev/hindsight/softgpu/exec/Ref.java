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
}
