package dev.hindsight.softgpu.base;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A named range of global memory with, while any byte of it is unwritten, a record of which are.
/// Once it was given back only its place and its name are left: reports may name it long after.
public final class Allocation {
  public final DeviceMemory memory;
  public final long base;
  public final int size;
  public final String name;
  public final boolean readOnly;

  /// What its address is promised to be a multiple of.
  public final int align;

  private static final byte[] NONE = {};

  private byte[] bytes;
  private volatile boolean freed;

  /// 1 per written byte; null once every byte is written.
  private volatile byte @Nullable [] written;

  private int firstUnwritten;

  public Allocation(
      DeviceMemory memory, long base, int size, String name, boolean readOnly, int align) {
    this.memory = memory;
    this.base = base;
    this.size = size;
    this.name = name;
    this.readOnly = readOnly;
    this.align = align;
    this.bytes = new byte[size];
    this.written = new byte[size];
  }

  public boolean freed() {
    return freed;
  }

  /// What it holds; nothing once it was given back.
  public byte[] bytes() {
    return bytes;
  }

  /// Marks it as given back, and lets go of its bytes.
  public Allocation free() {
    freed = true;
    bytes = NONE;
    written = null;
    return this;
  }

  public boolean contains(long address, long count) {
    return address >= base && address - base <= size - count;
  }

  /// Null when every byte was written.
  public byte @Nullable [] written() {
    return written;
  }

  /// Notes that `count` bytes from `offset` hold data now.
  public void wrote(int offset, int count) {
    byte[] shadow = written;
    if (shadow == null) {
      return;
    }
    if (count == size) {
      written = null;
    } else {
      Arrays.fill(shadow, offset, offset + count, (byte) 1);
    }
  }

  /// Notes that a byte holds what nobody wrote, since a copy of that was stored there.
  public void unwrite(int offset) {
    byte[] shadow = written;
    if (shadow == null) {
      shadow = new byte[size];
      Arrays.fill(shadow, (byte) 1);
      written = shadow;
    }
    shadow[offset] = 0;
    firstUnwritten = Math.min(firstUnwritten, offset);
  }

  /// Drops the record if no unwritten byte is left. Cheap: it goes on where it stopped last.
  public void settle() {
    byte[] shadow = written;
    if (shadow == null) {
      return;
    }
    int at = firstUnwritten;
    while (at < size && shadow[at] != 0) {
      at++;
    }
    firstUnwritten = at;
    if (at == size) {
      written = null;
    }
  }

  /// Takes over which bytes of a copied range hold data.
  public void copyWritten(int offset, Allocation from, int fromOffset, int count) {
    byte[] source = from.written;
    byte[] target = written;
    if (source == null) {
      wrote(offset, count);
    } else if (target != null) {
      System.arraycopy(source, fromOffset, target, offset, count);
      firstUnwritten = Math.min(firstUnwritten, offset);
    }
  }

  /// Offset of the first unwritten byte of the range, or -1.
  public int firstUnwritten(int offset, int count) {
    byte[] shadow = written;
    if (shadow != null) {
      for (int i = offset; i < offset + count; i++) {
        if (shadow[i] == 0) {
          return i;
        }
      }
    }
    return -1;
  }

  /// `1,024 bytes "weights" at 0x200000000000`.
  @Override
  public String toString() {
    return String.format("%,d bytes \"%s\" at 0x%x", size, name, base);
  }
}
