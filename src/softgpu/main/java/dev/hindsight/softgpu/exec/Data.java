package dev.hindsight.softgpu.exec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The registers of a load or store and how their bytes lie in memory, one element behind the
/// other.
///
/// @param element bytes of one: 1, 2, 4 or 8
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Data(int element, boolean signed, Register[] files, int[] indices) {
  /// Which register file an element lives in.
  public enum Register {
    INT,
    FLOAT,
    LONG,
    /// 16 bits in the int file, kept without a sign.
    SHORT
  }

  /// Bytes of the whole access.
  public int width() {
    return element * indices.length;
  }

  void load(Warp w, int mask, byte[] memory, int[] offsets) {
    for (int v = 0; v < indices.length; v++) {
      int shift = v * element;
      switch (files[v]) {
        case FLOAT -> loadFloats(w.floats[indices[v]], mask, memory, offsets, shift);
        case INT, SHORT -> loadInts(w.ints[indices[v]], files[v], mask, memory, offsets, shift);
        case LONG -> loadLongs(w.longs[indices[v]], mask, memory, offsets, shift);
      }
    }
  }

  /// The same from global memory. What is read there and what in shared memory has code of its own
  /// each: the compiler makes a fast loop of it where it knows which.
  void load(Warp w, int mask, MemorySegment memory, int[] offsets) {
    boolean whole = element == 4 && mask == Warp.FULL;
    for (int v = 0; v < indices.length; v++) {
      int shift = v * element;
      if (whole && files[v] == Register.FLOAT) {
        loadFloats(w.floats[indices[v]], memory, offsets, shift);
      } else if (whole && files[v] == Register.INT) {
        loadInts(w.ints[indices[v]], memory, offsets, shift);
      } else {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          put(w, v, k, Bytes.get(memory, (long) offsets[k] + shift, element));
        }
      }
    }
  }

  private static void loadFloats(float[] to, MemorySegment memory, int[] offsets, int shift) {
    for (int k = 0; k < Warp.LANES; k++) {
      to[k] = memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) offsets[k] + shift);
    }
  }

  private static void loadInts(int[] to, MemorySegment memory, int[] offsets, int shift) {
    for (int k = 0; k < Warp.LANES; k++) {
      to[k] = memory.get(ValueLayout.JAVA_INT_UNALIGNED, (long) offsets[k] + shift);
    }
  }

  private void put(Warp w, int v, int lane, long bits) {
    switch (files[v]) {
      case FLOAT -> w.floats[indices[v]][lane] = Float.intBitsToFloat((int) bits);
      case INT -> w.ints[indices[v]][lane] = (int) extended(bits);
      case SHORT -> w.ints[indices[v]][lane] = (int) extended(bits) & 0xffff;
      case LONG -> w.longs[indices[v]][lane] = extended(bits);
    }
  }

  private static void loadFloats(float[] to, int mask, byte[] memory, int[] offsets, int shift) {
    if (mask == Warp.FULL) {
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = (float) Bytes.F32.get(memory, offsets[k] + shift);
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      to[k] = (float) Bytes.F32.get(memory, offsets[k] + shift);
    }
  }

  private void loadInts(
      int[] to, Register file, int mask, byte[] memory, int[] offsets, int shift) {
    if (element == 4 && mask == Warp.FULL) {
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = (int) Bytes.I32.get(memory, offsets[k] + shift);
      }
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      int value = (int) extended(Bytes.get(memory, offsets[k] + shift, element));
      to[k] = file == Register.SHORT ? value & 0xffff : value;
    }
  }

  private void loadLongs(long[] to, int mask, byte[] memory, int[] offsets, int shift) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      to[k] = extended(Bytes.get(memory, offsets[k] + shift, element));
    }
  }

  private long extended(long value) {
    if (!signed || element == 8) {
      return value;
    }
    int unused = 64 - 8 * element;
    return value << unused >> unused;
  }

  void store(Warp w, int mask, byte[] memory, int[] offsets) {
    for (int v = 0; v < indices.length; v++) {
      int shift = v * element;
      if (files[v] == Register.FLOAT) {
        float[] from = w.floats[indices[v]];
        if (w.isComputed(indices[v])) {
          storeComputed(from, mask, memory, offsets, shift);
        } else if (mask == Warp.FULL) {
          for (int k = 0; k < Warp.LANES; k++) {
            Bytes.F32.set(memory, offsets[k] + shift, from[k]);
          }
        } else {
          for (int rest = mask; rest != 0; rest &= rest - 1) {
            int k = Integer.numberOfTrailingZeros(rest);
            Bytes.F32.set(memory, offsets[k] + shift, from[k]);
          }
        }
      } else {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          Bytes.set(memory, offsets[k] + shift, element, value(w, v, k));
        }
      }
    }
  }

  void store(Warp w, int mask, MemorySegment memory, int[] offsets) {
    for (int v = 0; v < indices.length; v++) {
      int shift = v * element;
      if (files[v] == Register.FLOAT && mask == Warp.FULL && !w.isComputed(indices[v])) {
        float[] from = w.floats[indices[v]];
        for (int k = 0; k < Warp.LANES; k++) {
          memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) offsets[k] + shift, from[k]);
        }
      } else {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          Bytes.set(memory, (long) offsets[k] + shift, element, value(w, v, k));
        }
      }
    }
  }

  private static void storeComputed(
      float[] from, int mask, byte[] memory, int[] offsets, int shift) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      Bytes.I32.set(memory, offsets[k] + shift, Rounding.canonicalBits(from[k]));
    }
  }

  /// Sets all elements of the lanes to zero: what a failed load gives.
  void clear(Warp w, int mask) {
    for (int v = 0; v < indices.length; v++) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        switch (files[v]) {
          case FLOAT -> w.floats[indices[v]][k] = 0;
          case INT, SHORT -> w.ints[indices[v]][k] = 0;
          case LONG -> w.longs[indices[v]][k] = 0;
        }
      }
    }
  }

  private long value(Warp w, int v, int lane) {
    return switch (files[v]) {
      case FLOAT -> w.floatBits(indices[v], lane);
      case INT, SHORT -> w.ints[indices[v]][lane];
      case LONG -> w.longs[indices[v]][lane];
    };
  }

  boolean sameStored(Warp w, int lane, int other) {
    for (int v = 0; v < indices.length; v++) {
      if (value(w, v, lane) != value(w, v, other)) {
        return false;
      }
    }
    return true;
  }

  boolean isStored(Warp w, int lane, byte[] memory, int at) {
    int unused = 64 - 8 * element;
    for (int v = 0; v < indices.length; v++) {
      long there = Bytes.get(memory, at + v * element, element);
      if ((value(w, v, lane) ^ there) << unused != 0) {
        return false;
      }
    }
    return true;
  }
}
