package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.IllegalAddress;
import dev.hindsight.softgpu.base.Image;
import java.lang.foreign.MemorySegment;

/// A copy of `depth` slices of `height` rows of `width` bytes: every `cuMemcpy*` is one.
record Copy(Side source, Side target, long width, long height, long depth) {
  private static final int HOST = 1;
  private static final int DEVICE = 2;
  private static final int ARRAY = 3;
  private static final int UNIFIED = 4;

  /// One end of it: the first byte, the bytes from row to row, the rows from slice to slice.
  record Side(boolean onDevice, long address, long pitch, long rows) {
    long row(long z, long y) {
      return address + (z * rows + y) * pitch;
    }
  }

  /// Whether an address lies where device memory does. Of the host's own, only what the driver
  /// allocated for both is mapped there.
  static boolean isDevice(long address) {
    return address >= DeviceMemory.BASE && address < DeviceMemory.END;
  }

  static Copy toDevice(long target, long source, long bytes) {
    return new Copy(side(false, source, bytes), side(true, target, bytes), bytes, 1, 1);
  }

  static Copy toHost(long target, long source, long bytes) {
    return new Copy(side(true, source, bytes), side(false, target, bytes), bytes, 1, 1);
  }

  static Copy onDevice(long target, long source, long bytes) {
    return new Copy(side(true, source, bytes), side(true, target, bytes), bytes, 1, 1);
  }

  /// Between any two addresses; each says itself whether it is the device's.
  static Copy unified(long target, long source, long bytes) {
    return new Copy(
        side(isDevice(source), source, bytes), side(isDevice(target), target, bytes), bytes, 1, 1);
  }

  private static Side side(boolean onDevice, long address, long bytes) {
    return new Side(onDevice, address, bytes, 1);
  }

  /// Reads a `CUDA_MEMCPY2D`.
  static Copy read2D(Handles handles, long struct) {
    long width = Host.getLong(struct + 112);
    long height = Host.getLong(struct + 120);
    return new Copy(
        readSide2D(handles, struct, width),
        readSide2D(handles, struct + 56, width),
        width,
        height,
        1);
  }

  private static Side readSide2D(Handles handles, long at, long width) {
    if (Host.getInt(at + 16) == ARRAY) {
      long[] xyz = {Host.getLong(at), Host.getLong(at + 8), 0};
      return side(handles.get(Host.getLong(at + 40), CudaArray.class), xyz, width);
    }
    return side(
        Host.getInt(at + 16),
        new long[] {Host.getLong(at), Host.getLong(at + 8), 0},
        Host.getLong(at + 24),
        Host.getLong(at + 32),
        new long[] {Host.getLong(at + 48), 1, width});
  }

  /// Reads a `CUDA_MEMCPY3D`.
  static Copy read3D(Handles handles, long struct) {
    long width = Host.getLong(struct + 176);
    long height = Host.getLong(struct + 184);
    long depth = Host.getLong(struct + 192);
    Side source = readSide3D(handles, struct, width, height);
    Side target = readSide3D(handles, struct + 88, width, height);
    return new Copy(source, target, width, height, depth);
  }

  private static Side readSide3D(Handles handles, long at, long width, long height) {
    if (Host.getInt(at + 32) == ARRAY) {
      long[] xyz = {Host.getLong(at), Host.getLong(at + 8), Host.getLong(at + 16)};
      return side(handles.get(Host.getLong(at + 56), CudaArray.class), xyz, width);
    }
    long rows = Host.getLong(at + 80);
    return side(
        Host.getInt(at + 32),
        new long[] {Host.getLong(at), Host.getLong(at + 8), Host.getLong(at + 16)},
        Host.getLong(at + 40),
        Host.getLong(at + 48),
        new long[] {Host.getLong(at + 72), rows == 0 ? height : rows, width});
  }

  static Side side(CudaArray array, long[] xyz, long width) {
    Image image = array.image();
    require(
        xyz[0] + width <= image.pitch(),
        "rows of %d bytes from %d on do not fit an array of %d",
        width,
        xyz[0],
        image.pitch());
    return new Side(
        true, image.address(xyz[0], xyz[1], xyz[2]), image.pitch(), Math.max(1, image.height()));
  }

  /// `xyz` is where the copy begins; `layout` is pitch, rows of a slice and bytes of a row.
  private static Side side(int type, long[] xyz, long host, long device, long[] layout) {
    require(
        type == HOST || type == DEVICE || type == UNIFIED,
        "wanted a memory type 1..4, got %d",
        type);
    long pitch = layout[0] == 0 ? layout[2] : layout[0];
    require(pitch >= layout[2], "rows of %d bytes do not fit a pitch of %d", layout[2], pitch);
    long base = type == HOST ? host : device;
    boolean onDevice = type == DEVICE || (type == UNIFIED && isDevice(device));
    long first = base + (xyz[2] * layout[1] + xyz[1]) * pitch + xyz[0];
    return new Side(onDevice, first, pitch, layout[1]);
  }

  /// Writes it back as a `CUDA_MEMCPY3D` whose offsets are 0.
  void write3D(long struct) {
    Host.at(struct, 200).fill((byte) 0);
    write(source, struct);
    write(target, struct + 88);
    Host.putLong(struct + 176, width);
    Host.putLong(struct + 184, height);
    Host.putLong(struct + 192, depth);
  }

  private static void write(Side side, long at) {
    Host.putInt(at + 32, side.onDevice() ? DEVICE : HOST);
    Host.putLong(side.onDevice() ? at + 48 : at + 40, side.address());
    Host.putLong(at + 72, side.pitch());
    Host.putLong(at + 80, side.rows());
  }

  void run(DeviceMemory memory) {
    if (width == 0) {
      return;
    }
    boolean from = onDevice(memory, source);
    boolean to = onDevice(memory, target);
    for (long z = 0; z < depth; z++) {
      for (long y = 0; y < height; y++) {
        row(memory, from, source.row(z, y), to, target.row(z, y));
      }
    }
  }

  private void row(DeviceMemory memory, boolean fromDevice, long from, boolean toDevice, long to) {
    if (fromDevice && toDevice) {
      memory.copy(to, from, width);
    } else if (fromDevice) {
      memory.copyOut(from, Host.at(to, width), width);
    } else if (toDevice) {
      memory.copyIn(to, Host.at(from, width), width);
    } else {
      MemorySegment.copy(Host.at(from, width), 0, Host.at(to, width), 0, width);
    }
  }

  /// Whether it goes through the device's memory, as what both see does whatever the caller says. A
  /// GPU would crash the program or refuse where a device address is none of the host's; here a
  /// mix-up gets its name.
  private static boolean onDevice(DeviceMemory memory, Side side) {
    if (side.onDevice() || !isDevice(side.address())) {
      return side.onDevice();
    }
    Allocation seen = memory.find(side.address(), 1);
    if (seen == null || !seen.hostVisible) {
      throw new IllegalAddress(
          String.format("copy: wanted a host pointer, got device address 0x%x", side.address()));
    }
    return true;
  }
}
