package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.TensorMap;

/// A matrix in shared memory as `wgmma` finds it by a descriptor: rows of 32 bytes, or of 64 where
/// the other matrix is sparse, in units of eight rows of 16 bytes.
///
/// @param descriptor where it begins, how far apart units lie, and how they are swizzled
/// @param row bytes of a row
/// @param transposed whether elements of a column lie side by side
record MatrixInShared(Ref descriptor, int row, boolean transposed) {
  private static final int UNIT = 16;
  private static final int CORE = 8;

  /// Rows from one on, byte by byte; a transposed matrix has elements of two bytes.
  byte[] rows(Warp w, Op op, int first, int count) {
    long bits = descriptor.get(w, Integer.numberOfTrailingZeros(~w.dead));
    int mode = (4 - (int) (bits >>> 62)) & 3;
    int start = (int) (bits & 0x3fff) * UNIT;
    int leading = (int) (bits >>> 16 & 0x3fff) * UNIT;
    int stride = (int) (bits >>> 32 & 0x3fff) * UNIT;
    int base = (int) (bits >>> 49 & 7) << 7;
    int units = count * row / UNIT;
    int columns = row / 2;
    int[] offsets = new int[units];
    for (int u = 0; u < units; u++) {
      int at =
          transposed
              ? across(first / CORE + u / columns, u % columns, mode, leading, stride)
              : along(first + u * UNIT / row, u % (row / UNIT), mode, leading, stride);
      // The rows of a pattern count from where it begins.
      int place = start + at;
      offsets[u] = TensorMap.swizzled(place - base, mode) + base;
    }
    byte[] read = read(w, op, offsets);
    return transposed ? turned(read, count, columns) : read;
  }

  /// A unit of a row.
  private static int along(int row, int unit, int mode, int leading, int stride) {
    int width = 1 << mode;
    return row % CORE * (UNIT << mode)
        + row / CORE * stride
        + unit % width * UNIT
        + unit / width * leading;
  }

  /// Eight rows of one column.
  private static int across(int rows, int column, int mode, int leading, int stride) {
    int width = 1 << mode;
    int far = mode == 0 ? stride : leading;
    int deep = mode == 0 ? leading : stride;
    return rows % width * UNIT
        + rows / width * far
        + column % CORE * (UNIT << mode)
        + column / CORE * deep;
  }

  private static byte[] read(Warp w, Op op, int[] units) {
    byte[] all = new byte[units.length * UNIT];
    SharedMemory memory = w.block.shared;
    int[] offsets = new int[Warp.LANES];
    for (int first = 0; first < units.length; first += Warp.LANES) {
      int count = Math.min(Warp.LANES, units.length - first);
      int mask = count == Warp.LANES ? Warp.FULL : (1 << count) - 1;
      System.arraycopy(units, first, offsets, 0, count);
      Counters counters = w.block.counters;
      if (counters != null) {
        counters.shared(op.pc, mask, offsets, UNIT);
      }
      int ok = memory.read(w, op, mask, offsets, UNIT, null);
      for (int k = 0; k < count; k++) {
        if ((ok >>> k & 1) != 0) {
          memory.proxy.read(w, op, k, offsets[k], UNIT);
          System.arraycopy(memory.bytes, offsets[k], all, (first + k) * UNIT, UNIT);
        }
      }
    }
    w.products().read(w, op, units, all);
    return all;
  }

  /// From columns of eight elements to rows.
  private static byte[] turned(byte[] read, int rows, int columns) {
    byte[] all = new byte[read.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int from = (row / CORE * columns + column) * UNIT + row % CORE * 2;
        System.arraycopy(read, from, all, (row * columns + column) * 2, 2);
      }
    }
    return all;
  }
}
