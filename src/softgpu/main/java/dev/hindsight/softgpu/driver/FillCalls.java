package dev.hindsight.softgpu.driver;

/// Memsets of 1, 2 and 4 bytes, flat and by rows. Those without a stream run in the legacy one.
final class FillCalls {
  private static final long LEGACY = 0;

  private final Driver driver;

  FillCalls(Driver driver) {
    this.driver = driver;
  }

  private void submit(long stream, Fill fill) {
    driver.captures().submit(driver, driver.context().stream(stream), new Work.FillBytes(fill));
  }

  @Call
  void cuMemsetD8(long target, byte value, long count) {
    submit(LEGACY, Fill.flat(target, value, 1, count));
  }

  @Call
  void cuMemsetD8Async(long target, byte value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 1, count));
  }

  @Call
  void cuMemsetD2D8(long target, long pitch, byte value, long width, long height) {
    submit(LEGACY, new Fill(target, pitch, value, 1, width, height));
  }

  @Call
  void cuMemsetD2D8Async(
      long target, long pitch, byte value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 1, width, height));
  }

  @Call
  void cuMemsetD16(long target, short value, long count) {
    submit(LEGACY, Fill.flat(target, value, 2, count));
  }

  @Call
  void cuMemsetD16Async(long target, short value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 2, count));
  }

  @Call
  void cuMemsetD2D16(long target, long pitch, short value, long width, long height) {
    submit(LEGACY, new Fill(target, pitch, value, 2, width, height));
  }

  @Call
  void cuMemsetD2D16Async(
      long target, long pitch, short value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 2, width, height));
  }

  @Call
  void cuMemsetD32(long target, int value, long count) {
    submit(LEGACY, Fill.flat(target, value, 4, count));
  }

  @Call
  void cuMemsetD32Async(long target, int value, long count, long stream) {
    submit(stream, Fill.flat(target, value, 4, count));
  }

  @Call
  void cuMemsetD2D32(long target, long pitch, int value, long width, long height) {
    submit(LEGACY, new Fill(target, pitch, value, 4, width, height));
  }

  @Call
  void cuMemsetD2D32Async(
      long target, long pitch, int value, long width, long height, long stream) {
    submit(stream, new Fill(target, pitch, value, 4, width, height));
  }
}
