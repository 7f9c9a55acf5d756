package dev.hindsight.softgpu.base;

/// Texels in device memory: an array of CUDA, or a range that is seen as one.
///
/// @param base address of the first texel
/// @param height 0 of one dimension
/// @param depth slices, or layers; 0 without
/// @param pitch bytes from row to row
/// @param format of a channel
/// @param flags as of `CUDA_ARRAY3D_DESCRIPTOR`
public record Image(
    long base,
    int width,
    int height,
    int depth,
    long pitch,
    Format format,
    int channels,
    int flags) {
  public static final int LAYERED = 1;
  public static final int CUBE = 4;

  /// What a channel is, with its number in CUDA.
  public enum Format {
    U8(1, 1),
    U16(2, 2),
    U32(3, 4),
    S8(8, 1),
    S16(9, 2),
    S32(10, 4),
    HALF(16, 2),
    FLOAT(32, 4);

    public final int number;
    public final int bytes;

    Format(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    public boolean floating() {
      return this == HALF || this == FLOAT;
    }

    public boolean signed() {
      return this == S8 || this == S16 || this == S32;
    }
  }

  /// Bytes of a texel.
  public int texel() {
    return format.bytes * channels;
  }

  public boolean layered() {
    return (flags & LAYERED) != 0;
  }

  public boolean cube() {
    return (flags & CUBE) != 0;
  }

  /// Where a byte of a row lies; the row is of a slice, a layer or a face of a cube.
  public long address(long x, long y, long z) {
    return base + (z * Math.max(1, height) + y) * pitch + x;
  }
}
