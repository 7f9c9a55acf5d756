package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

/// Copies between host and device, flat and by rows.
final class CopyCalls extends Calls {
  CopyCalls(Driver driver) {
    super(driver);
  }

  private void submit(long stream, Copy copy) {
    require(copy.width() >= 0, "wanted 0 or more bytes, got %d", copy.width());
    submit(stream, new Work.CopyBytes(copy));
  }

  @Shorter("cuMemcpyHtoD")
  void cuMemcpyHtoDAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.toDevice(target, source, bytes));
  }

  @Shorter("cuMemcpyDtoH")
  void cuMemcpyDtoHAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.toHost(target, source, bytes));
  }

  @Shorter("cuMemcpyDtoD")
  void cuMemcpyDtoDAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.onDevice(target, source, bytes));
  }

  @Shorter("cuMemcpy")
  void cuMemcpyAsync(long target, long source, long bytes, long stream) {
    submit(stream, Copy.unified(target, source, bytes));
  }

  /// There is one device, so peers are contexts of it.
  @Shorter("cuMemcpyPeer")
  void cuMemcpyPeerAsync(
      long target, long targetContext, long source, long sourceContext, long bytes, long stream) {
    driver.handles.get(targetContext, CudaContext.class);
    driver.handles.get(sourceContext, CudaContext.class);
    submit(stream, Copy.onDevice(target, source, bytes));
  }

  @Shorter({"cuMemcpy2D", "cuMemcpy2DUnaligned"})
  void cuMemcpy2DAsync(long copy, long stream) {
    submit(stream, Copy.read2D(driver.handles, copy));
  }

  @Shorter("cuMemcpy3D")
  void cuMemcpy3DAsync(long copy, long stream) {
    submit(stream, Copy.read3D(driver.handles, copy));
  }
}
