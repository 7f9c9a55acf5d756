package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

/// Copies between host and device, flat and by rows. Those without a stream run in the legacy one.
final class CopyCalls {
  private static final long LEGACY = 0;

  private final Driver driver;

  CopyCalls(Driver driver) {
    this.driver = driver;
  }

  private void submit(long stream, Copy copy) {
    require(copy.width() >= 0, "wanted 0 or more bytes, got %d", copy.width());
    driver.captures().submit(driver, driver.context().stream(stream), new Work.CopyBytes(copy));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpyHtoD(long target, long source, long bytes) {
    submit(LEGACY, Copy.toDevice(target, source, bytes));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpyDtoH(long target, long source, long bytes) {
    submit(LEGACY, Copy.toHost(target, source, bytes));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpyDtoD(long target, long source, long bytes) {
    submit(LEGACY, Copy.onDevice(target, source, bytes));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpy(long target, long source, long bytes) {
    submit(LEGACY, Copy.unified(target, source, bytes));
  }

  @Call
  void cuMemcpyHtoDAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.toDevice(target, source, bytes));
  }

  @Call
  void cuMemcpyDtoHAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.toHost(target, source, bytes));
  }

  @Call
  void cuMemcpyDtoDAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.onDevice(target, source, bytes));
  }

  @Call
  void cuMemcpyAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.unified(target, source, bytes));
  }

  /// There is one device, so peers are contexts of it.
  @Call(unsafeInCapture = true)
  void cuMemcpyPeer(long target, long targetContext, long source, long sourceContext, long bytes) {
    checkPeers(targetContext, sourceContext);
    submit(LEGACY, Copy.onDevice(target, source, bytes));
  }

  @Call
  void cuMemcpyPeerAsync(
      long target, long targetContext, long source, long sourceContext, long bytes, long stream) {
    checkPeers(targetContext, sourceContext);
    submit(stream, Copy.onDevice(target, source, bytes));
  }

  private void checkPeers(long first, long second) {
    driver.handles().get(first, CudaContext.class);
    driver.handles().get(second, CudaContext.class);
  }

  @Call(unsafeInCapture = true)
  void cuMemcpy2D(long copy) {
    submit(LEGACY, Copy.read2D(copy));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpy2DUnaligned(long copy) {
    submit(LEGACY, Copy.read2D(copy));
  }

  @Call
  void cuMemcpy2DAsync(long copy, long stream) {
    submit(stream, Copy.read2D(copy));
  }

  @Call(unsafeInCapture = true)
  void cuMemcpy3D(long copy) {
    submit(LEGACY, Copy.read3D(copy));
  }

  @Call
  void cuMemcpy3DAsync(long copy, long stream) {
    submit(stream, Copy.read3D(copy));
  }
}
