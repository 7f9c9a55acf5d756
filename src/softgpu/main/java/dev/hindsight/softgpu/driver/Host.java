package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Host memory behind the raw addresses that a C caller passes.
final class Host {
  @SuppressWarnings("restricted")
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Host() {}

  /// `bytes` bytes at this address.
  static MemorySegment at(long address, long bytes) {
    require(address != 0, "wanted %,d bytes of host memory, got a null pointer", bytes);
    return ALL.asSlice(address, bytes);
  }

  static int getInt(long address) {
    return at(address, 4).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
  }

  static short getShort(long address) {
    return at(address, 2).get(ValueLayout.JAVA_SHORT_UNALIGNED, 0);
  }

  static long getLong(long address) {
    return at(address, 8).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
  }

  static void putInt(long address, int value) {
    at(address, 4).set(ValueLayout.JAVA_INT_UNALIGNED, 0, value);
  }

  static void putLong(long address, long value) {
    at(address, 8).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value);
  }

  static void putFloat(long address, float value) {
    at(address, 4).set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, value);
  }

  /// The same as [#putInt], for results that the caller may leave out with a null pointer.
  static void offerInt(long address, int value) {
    if (address != 0) {
      putInt(address, value);
    }
  }

  static void offerLong(long address, long value) {
    if (address != 0) {
      putLong(address, value);
    }
  }

  /// A C string.
  static String string(long address) {
    return at(address, Long.MAX_VALUE - address).getString(0);
  }

  /// As much of the text as fits, ended by a zero byte. Returns the bytes written with it.
  static int putString(long address, long room, String text) {
    require(room > 0, "wanted room for a string, got %d bytes", room);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int count = (int) Math.min(bytes.length, room - 1);
    MemorySegment to = at(address, count + 1L);
    MemorySegment.copy(bytes, 0, to, ValueLayout.JAVA_BYTE, 0, count);
    to.set(ValueLayout.JAVA_BYTE, count, (byte) 0);
    return count + 1;
  }
}
