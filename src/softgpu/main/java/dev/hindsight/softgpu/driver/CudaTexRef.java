package dev.hindsight.softgpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A texture reference: how it is read, as `CUDA_TEXTURE_DESC`, and what it is bound to, as
/// `CUDA_RESOURCE_DESC`.
final class CudaTexRef {
  private static final int BORDERS = 4;
  private static final int CLAMP = 1;
  private static final int U8 = 1;

  // Where a CUDA_RESOURCE_DESC of memory has what.
  static final int FORMAT = 16;
  static final int CHANNELS = 20;

  /// Address of the variable of a module that stands for it; 0 for one of no module.
  final long variable;

  private final MemorySegment resource =
      Arena.ofAuto().allocate(ImageCalls.DESCRIPTION_BYTES, Long.BYTES);
  private final MemorySegment sampling =
      Arena.ofAuto().allocate(ImageCalls.SAMPLING_BYTES, Long.BYTES);

  /// The handle of the array that it is bound to, or the address; null where it is bound to none.
  @Nullable Long bound;

  CudaTexRef(long variable) {
    this.variable = variable;
    format(U8, 1);
    for (int d = 0; d < BORDERS - 1; d++) {
      Host.putInt(sampling() + 4L * d, CLAMP);
    }
  }

  long resource() {
    return resource.address();
  }

  long sampling() {
    return sampling.address();
  }

  /// The kind of what it is bound to.
  int kind() {
    return Host.getInt(resource());
  }

  /// Of texels in memory. An array has its own, and the same is put here for who asks.
  void format(int format, int channels) {
    Host.putInt(resource() + FORMAT, format);
    Host.putInt(resource() + CHANNELS, channels);
  }

  void bind(int kind, long to) {
    Host.putInt(resource(), kind);
    Host.putLong(resource() + 8, to);
    bound = to;
  }
}
