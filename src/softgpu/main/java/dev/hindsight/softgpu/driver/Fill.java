package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.DeviceMemory;

/// A memset of `height` rows of `width` elements of 1, 2 or 4 bytes.
record Fill(long target, long pitch, int value, int elementBytes, long width, long height) {
  Fill {
    require(
        elementBytes == 1 || elementBytes == 2 || elementBytes == 4,
        "wanted elements of 1, 2 or 4 bytes, got %d",
        elementBytes);
    require(
        target % elementBytes == 0 && (height <= 1 || pitch % elementBytes == 0),
        "memset of %d-byte elements at 0x%x, pitch %d, is not aligned",
        elementBytes,
        target,
        pitch);
    require(
        height <= 1 || pitch >= width * elementBytes,
        "rows of %d bytes do not fit a pitch of %d",
        width * elementBytes,
        pitch);
  }

  static Fill flat(long target, int value, int elementBytes, long count) {
    return new Fill(target, 0, value, elementBytes, count, 1);
  }

  /// Reads a `CUDA_MEMSET_NODE_PARAMS`.
  static Fill read(long struct) {
    return new Fill(
        Host.getLong(struct),
        Host.getLong(struct + 8),
        Host.getInt(struct + 16),
        Host.getInt(struct + 20),
        Host.getLong(struct + 24),
        Host.getLong(struct + 32));
  }

  void write(long struct) {
    Host.putLong(struct, target);
    Host.putLong(struct + 8, pitch);
    Host.putInt(struct + 16, value);
    Host.putInt(struct + 20, elementBytes);
    Host.putLong(struct + 24, width);
    Host.putLong(struct + 32, height);
  }

  void run(DeviceMemory memory) {
    for (long y = 0; y < height && width > 0; y++) {
      memory.fill(target + y * pitch, elementBytes, value, width);
    }
  }
}
