package dev.hindsight.softgpu.exec;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Little-endian views of byte arrays and of memory outside the heap.
public final class Bytes {
  public static final VarHandle I16 = view(short[].class);
  public static final VarHandle I32 = view(int[].class);
  public static final VarHandle I64 = view(long[].class);
  public static final VarHandle F32 = view(float[].class);

  private Bytes() {}

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
  }

  /// `count` bytes (1, 2, 4 or 8) as a number, without a sign.
  public static long get(byte[] bytes, int at, int count) {
    return switch (count) {
      case 1 -> bytes[at] & 0xff;
      case 2 -> (short) I16.get(bytes, at) & 0xffff;
      case 4 -> (int) I32.get(bytes, at) & 0xffffffffL;
      default -> (long) I64.get(bytes, at);
    };
  }

  /// The same of global memory.
  public static long get(MemorySegment bytes, long at, int count) {
    return switch (count) {
      case 1 -> bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
      case 2 -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
      case 4 -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffffffffL;
      default -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    };
  }

  public static void set(MemorySegment bytes, long at, int count, long value) {
    switch (count) {
      case 1 -> bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) value);
      case 4 -> bytes.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) value);
      default -> bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
    }
  }

  public static void set(byte[] bytes, int at, int count, long value) {
    switch (count) {
      case 1 -> bytes[at] = (byte) value;
      case 2 -> I16.set(bytes, at, (short) value);
      case 4 -> I32.set(bytes, at, (int) value);
      default -> I64.set(bytes, at, value);
    }
  }
}
