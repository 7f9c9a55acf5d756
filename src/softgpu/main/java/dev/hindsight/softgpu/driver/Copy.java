package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.IllegalAddress;
import java.lang.foreign.MemorySegment;

/// A copy of `height` rows of `width` bytes: every `cuMemcpy*` is one.
record Copy(Side source, Side target, long width, long height) {
  private static final int HOST = 1;
  private static final int DEVICE = 2;
  private static final int ARRAY = 3;
  private static final int UNIFIED = 4;

  /// One end of it: the first byte, and the bytes from row to row.
  record Side(boolean onDevice, long address, long pitch) {}

  /// Whether an address lies where device memory does. No host memory is mapped there.
  static boolean isDevice(long address) {
    return address >= DeviceMemory.BASE && address < DeviceMemory.END;
  }

  /// Of bytes that lie one behind the other, on the device or not.
  static Copy flat(long target, boolean toDevice, long source, boolean fromDevice, long bytes) {
    return new Copy(
        new Side(fromDevice, source, bytes), new Side(toDevice, target, bytes), bytes, 1);
  }

  /// Reads a `CUDA_MEMCPY2D`.
  static Copy read2D(long struct) {
    long width = Host.getLong(struct + 112);
    Side source = readSide(struct, width);
    return new Copy(source, readSide(struct + 56, width), width, Host.getLong(struct + 120));
  }

  private static Side readSide(long at, long width) {
    int type = Host.getInt(at + 16);
    if (type == ARRAY) {
      throw new DriverException(CudaResult.NOT_SUPPORTED, "the software GPU has no CUDA arrays");
    }
    require(
        type == HOST || type == DEVICE || type == UNIFIED,
        "wanted a memory type 1..4, got %d",
        type);
    long given = Host.getLong(at + 48);
    long pitch = given == 0 ? width : given;
    require(pitch >= width, "rows of %d bytes do not fit a pitch of %d", width, pitch);
    long device = Host.getLong(at + 32);
    boolean onDevice = type == DEVICE || (type == UNIFIED && isDevice(device));
    long base = type == HOST ? Host.getLong(at + 24) : device;
    return new Side(onDevice, base + Host.getLong(at + 8) * pitch + Host.getLong(at), pitch);
  }

  void run(DeviceMemory memory) {
    if (width == 0) {
      return;
    }
    checkHost(source);
    checkHost(target);
    for (long y = 0; y < height; y++) {
      row(memory, source.address + y * source.pitch, target.address + y * target.pitch);
    }
  }

  private void row(DeviceMemory memory, long from, long to) {
    if (source.onDevice() && target.onDevice()) {
      memory.copy(to, from, width);
    } else if (source.onDevice()) {
      memory.copyOut(from, Host.at(to, width), width);
    } else if (target.onDevice()) {
      memory.copyIn(to, Host.at(from, width), width);
    } else {
      MemorySegment.copy(Host.at(from, width), 0, Host.at(to, width), 0, width);
    }
  }

  /// A GPU would crash the program or refuse; here a mix-up gets its name.
  private static void checkHost(Side side) {
    if (!side.onDevice() && isDevice(side.address())) {
      throw new IllegalAddress(
          String.format("copy: wanted a host pointer, got device address 0x%x", side.address()));
    }
  }
}
