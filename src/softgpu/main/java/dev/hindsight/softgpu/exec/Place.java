package dev.hindsight.softgpu.exec;

/// How a memory op finds its addresses: a register (or a constant in one) plus a distance.
///
/// @param wide whether the register is in the long file; else the code is one of the int file
public record Place(int code, boolean wide, long distance) {
  /// Where generic addresses of shared memory, local memory and parameters of kernels start.
  public static final long SHARED_WINDOW = 0x7e00_0000_0000L;

  public static final long LOCAL_WINDOW = 0x7d00_0000_0000L;

  public static final long PARAM_WINDOW = 0x7b00_0000_0000L;

  public static final long WINDOW_BYTES = 1L << 32;

  /// The address of one lane, in a space that is smaller than 4 GB.
  int offset(Warp w, int lane) {
    return (int) ((wide ? w.longs[code][lane] : w.i(code, 7)[lane]) + distance);
  }

  long[] addresses(Warp w) {
    long[] to = w.addresses;
    if (wide) {
      long[] from = w.longs[code];
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = from[k] + distance;
      }
    } else {
      int[] from = w.i(code, 7);
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = (from[k] & 0xffffffffL) + distance;
      }
    }
    return to;
  }

  /// Addresses in a space that is smaller than 4 GB.
  int[] offsets(Warp w) {
    int[] to = w.offsets;
    int plus = (int) distance;
    if (wide) {
      long[] from = w.longs[code];
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = (int) from[k] + plus;
      }
    } else {
      int[] from = w.i(code, 7);
      for (int k = 0; k < Warp.LANES; k++) {
        to[k] = from[k] + plus;
      }
    }
    return to;
  }
}
