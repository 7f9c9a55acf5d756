package dev.hindsight.softgpu.base;

import dev.hindsight.natives.Pages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// A named range of global memory with, while any byte of it is unwritten, a record of which are.
/// Both lie outside the Java heap and take no RAM where nobody has touched them. Once it was given
/// back only its place and its name are left: reports may name it long after.
public final class Allocation {
  public final DeviceMemory memory;
  public final long base;
  public final long size;
  public final String name;
  public final boolean readOnly;

  /// What its address is promised to be a multiple of.
  public final int align;

  /// The most bytes in which an int tells places apart.
  private static final long WINDOW = Integer.MAX_VALUE - 64;

  private static final long WINDOW_STEP = 1L << 30;
  private static final long ALL_WRITTEN = 0x0101_0101_0101_0101L;

  /// Whether the host reads and writes it at the same address. Nobody sees what it wrote, so all of
  /// it counts as written.
  public final boolean hostVisible;

  private final @Nullable Pages pages;
  private MemorySegment bytes;
  private volatile boolean freed;

  /// 1 per written byte; null once every byte is written.
  private volatile @Nullable Pages written;

  private long firstUnwritten;

  public Allocation(
      DeviceMemory memory, long base, long size, String name, boolean readOnly, int align) {
    this.memory = memory;
    this.base = base;
    this.size = size;
    this.name = name;
    this.readOnly = readOnly;
    this.align = align;
    this.hostVisible = false;
    Pages own = Pages.of(size);
    this.pages = own;
    this.bytes = own.segment();
    this.written = Pages.of(size);
  }

  /// Memory that the host sees too: pages at that very address, or its own, where `pages` is null.
  Allocation(
      DeviceMemory memory, String name, @Nullable Pages pages, MemorySegment bytes, int align) {
    this.memory = memory;
    this.base = bytes.address();
    this.size = bytes.byteSize();
    this.name = name;
    this.readOnly = false;
    this.align = align;
    this.hostVisible = true;
    this.pages = pages;
    this.bytes = bytes;
  }

  public boolean freed() {
    return freed;
  }

  /// What it holds; nothing once it was given back.
  public MemorySegment bytes() {
    return bytes;
  }

  /// Where the window around an offset starts: ints tell apart all places of one, and accesses go
  /// through one. It is all of an allocation below 2 GB.
  public long window(long offset) {
    return size <= WINDOW ? 0 : offset / WINDOW_STEP * WINDOW_STEP;
  }

  /// How long the window is that starts there.
  public long windowBytes(long start) {
    return Math.min(size - start, WINDOW);
  }

  /// Marks it as given back, and lets go of its bytes.
  Allocation free() {
    freed = true;
    bytes = MemorySegment.NULL;
    if (pages != null) {
      pages.free();
    }
    complete();
    return this;
  }

  public boolean contains(long address, long count) {
    return address >= base && address - base <= size - count;
  }

  /// Whether every byte was written.
  public boolean isWritten() {
    return written == null;
  }

  private void complete() {
    Pages shadow = written;
    written = null;
    if (shadow != null) {
      shadow.free();
    }
  }

  /// Notes that all of it holds data now.
  public void wrote() {
    complete();
  }

  /// Notes that `count` bytes from `offset` hold data now.
  public void wrote(long offset, long count) {
    Pages shadow = written;
    if (shadow == null) {
      return;
    }
    if (count == size) {
      complete();
    } else {
      shadow.segment().asSlice(offset, count).fill((byte) 1);
    }
  }

  /// Notes the same of the bytes of one access, while others note theirs.
  public void stored(long offset, int count) {
    Pages shadow = written;
    if (shadow == null) {
      return;
    }
    if (count == 4) {
      shadow.segment().set(ValueLayout.JAVA_INT_UNALIGNED, offset, (int) ALL_WRITTEN);
      return;
    }
    for (int i = 0; i < count; i++) {
      shadow.segment().set(ValueLayout.JAVA_BYTE, offset + i, (byte) 1);
    }
  }

  /// The bytes of an access that nobody wrote, one bit each.
  public int unwritten(long offset, int count) {
    Pages shadow = written;
    if (shadow == null) {
      return 0;
    }
    MemorySegment each = shadow.segment();
    if (count == 4 && each.get(ValueLayout.JAVA_INT_UNALIGNED, offset) == (int) ALL_WRITTEN) {
      return 0;
    }
    int bits = 0;
    for (int i = 0; i < count; i++) {
      bits |= (each.get(ValueLayout.JAVA_BYTE, offset + i) ^ 1) << i;
    }
    return bits;
  }

  /// Notes that a byte holds what nobody wrote, since a copy of that was stored there.
  public void unwrite(long offset) {
    if (hostVisible) {
      return;
    }
    Pages shadow = written;
    if (shadow == null) {
      shadow = Pages.of(size);
      shadow.segment().fill((byte) 1);
      written = shadow;
    }
    shadow.segment().set(ValueLayout.JAVA_BYTE, offset, (byte) 0);
    firstUnwritten = Math.min(firstUnwritten, offset);
  }

  /// Drops the record if no unwritten byte is left. Cheap: it goes on where it stopped last.
  public void settle() {
    Pages shadow = written;
    if (shadow == null) {
      return;
    }
    MemorySegment each = shadow.segment();
    long at = firstUnwritten;
    while (at < size) {
      boolean eight = at <= size - 8;
      if (eight && each.get(ValueLayout.JAVA_LONG_UNALIGNED, at) == ALL_WRITTEN) {
        at += 8;
      } else if (each.get(ValueLayout.JAVA_BYTE, at) != 0) {
        at++;
      } else {
        break;
      }
    }
    firstUnwritten = at;
    if (at == size) {
      complete();
    }
  }

  /// Takes over which bytes of a copied range hold data.
  void copyWritten(long offset, Allocation from, long fromOffset, long count) {
    Pages source = from.written;
    Pages target = written;
    if (source == null) {
      wrote(offset, count);
    } else if (target != null) {
      MemorySegment.copy(source.segment(), fromOffset, target.segment(), offset, count);
      firstUnwritten = Math.min(firstUnwritten, offset);
    }
  }

  /// `1,024 bytes "weights" at 0x200000000000`.
  @Override
  public String toString() {
    return String.format("%,d bytes \"%s\" at 0x%x", size, name, base);
  }
}
