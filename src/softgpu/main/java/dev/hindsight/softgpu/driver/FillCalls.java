package dev.hindsight.softgpu.driver;

/// Memsets of 1, 2 and 4 bytes, flat and by rows.
final class FillCalls extends Calls {
  FillCalls(Driver driver) {
    super(driver);
  }

  @Shorter("cuMemsetD8")
  void cuMemsetD8Async(long target, byte value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 1, count));
  }

  @Shorter("cuMemsetD2D8")
  void cuMemsetD2D8Async(
      long target, long pitch, byte value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 1, width, height));
  }

  @Shorter("cuMemsetD16")
  void cuMemsetD16Async(long target, short value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 2, count));
  }

  @Shorter("cuMemsetD2D16")
  void cuMemsetD2D16Async(
      long target, long pitch, short value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 2, width, height));
  }

  @Shorter("cuMemsetD32")
  void cuMemsetD32Async(long target, int value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 4, count));
  }

  @Shorter("cuMemsetD2D32")
  void cuMemsetD2D32Async(
      long target, long pitch, int value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 4, width, height));
  }

  private void submit(long stream, Fill fill) {
    submit(stream, new Work.FillBytes(fill));
  }
}
