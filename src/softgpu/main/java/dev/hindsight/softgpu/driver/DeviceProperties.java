package dev.hindsight.softgpu.driver;

import java.nio.ByteBuffer;
import java.util.Map;

/// What the software GPU says about itself: compute capability 9.0, as an H100. How many
/// multiprocessors it has is an option.
final class DeviceProperties {
  static final String NAME = "Hindsight software GPU";
  static final String PCI_BUS_ID = "0000:00:00.0";
  static final int MAJOR = 9;
  static final int MINOR = 0;
  static final int DRIVER_VERSION = 13000;
  static final int WARP = 32;
  static final int MAX_THREADS_PER_BLOCK = 1024;
  static final int MAX_BLOCK_Z = 64;
  static final int MAX_GRID_YZ = 65535;
  static final int THREADS_PER_MULTIPROCESSOR = 2048;
  static final int BLOCKS_PER_MULTIPROCESSOR = 32;
  static final int REGISTERS_PER_MULTIPROCESSOR = 65536;
  static final int SHARED_PER_BLOCK = 48 << 10;
  static final int SHARED_PER_BLOCK_OPT_IN = 227 << 10;
  static final int SHARED_PER_MULTIPROCESSOR = 228 << 10;
  static final int SHARED_RESERVED_PER_BLOCK = 1 << 10;
  static final int CONSTANT_BYTES = 64 << 10;
  static final int MAX_PITCH = Integer.MAX_VALUE;
  static final int CLOCK_KHZ = 1_000_000;
  static final int PITCH_ALIGNMENT = 512;
  private static final int HIGHEST_ATTRIBUTE = 147;
  private static final int MULTIPROCESSOR_COUNT = 16;

  /// `CUdevice_attribute` by number. What is missing here is 0: not supported.
  private static final Map<Integer, Integer> ATTRIBUTES =
      Map.ofEntries(
          Map.entry(1, MAX_THREADS_PER_BLOCK),
          Map.entry(2, MAX_THREADS_PER_BLOCK),
          Map.entry(3, MAX_THREADS_PER_BLOCK),
          Map.entry(4, MAX_BLOCK_Z),
          Map.entry(5, Integer.MAX_VALUE),
          Map.entry(6, MAX_GRID_YZ),
          Map.entry(7, MAX_GRID_YZ),
          Map.entry(8, SHARED_PER_BLOCK),
          Map.entry(9, CONSTANT_BYTES),
          Map.entry(10, WARP),
          Map.entry(11, MAX_PITCH),
          Map.entry(12, REGISTERS_PER_MULTIPROCESSOR),
          Map.entry(13, CLOCK_KHZ),
          Map.entry(14, PITCH_ALIGNMENT),
          Map.entry(15, 1), // copies overlap with kernels
          Map.entry(19, 1), // host memory can be mapped
          Map.entry(30, PITCH_ALIGNMENT), // surfaces
          Map.entry(31, 1), // concurrent kernels
          Map.entry(36, CLOCK_KHZ), // memory clock
          Map.entry(37, 64), // bits of the memory bus
          Map.entry(38, 4 << 20), // L2 bytes
          Map.entry(39, THREADS_PER_MULTIPROCESSOR),
          Map.entry(40, 2), // copy engines
          Map.entry(41, 1), // unified addressing
          Map.entry(51, 32), // texture pitch alignment
          Map.entry(75, MAJOR),
          Map.entry(76, MINOR),
          Map.entry(78, 1), // stream priorities
          Map.entry(79, 1), // L1 caches global
          Map.entry(80, 1), // and local memory
          Map.entry(81, SHARED_PER_MULTIPROCESSOR),
          Map.entry(82, REGISTERS_PER_MULTIPROCESSOR),
          Map.entry(83, 1), // managed memory
          Map.entry(87, 2), // single to double precision ratio
          Map.entry(89, 1), // which both may touch at once
          Map.entry(91, 1), // registered memory has the same address
          Map.entry(95, 1), // cooperative launch
          Map.entry(97, SHARED_PER_BLOCK_OPT_IN),
          Map.entry(99, 1), // host memory can be registered
          Map.entry(106, BLOCKS_PER_MULTIPROCESSOR),
          Map.entry(111, SHARED_RESERVED_PER_BLOCK),
          Map.entry(115, 1), // pools of memory
          Map.entry(120, 1)); // clusters

  /// Extents of textures and surfaces, as an A100 has them; the attributes stand in a row.
  private static final Map<Integer, int[]> EXTENTS =
      Map.of(
          21, new int[] {131072, 131072, 65536, 16384, 16384, 16384, 32768, 32768, 2048},
          42, new int[] {32768, 2048, 1, 32768, 32768, 8192, 8192, 32768},
          52, new int[] {32768, 32768, 2046, 32768, 131072, 65536, 16384, 16384, 16384},
          61, new int[] {32768, 2048, 32768, 32768, 2048, 32768, 32768, 2046},
          69, new int[] {268435456, 131072, 65000, 2097120, 32768, 32768},
          77, new int[] {32768});

  private DeviceProperties() {}

  static int attribute(int number, int multiprocessors) {
    DriverException.require(
        number > 0 && number <= HIGHEST_ATTRIBUTE,
        "wanted a device attribute 1..%d, got %d",
        HIGHEST_ATTRIBUTE,
        number);
    for (Map.Entry<Integer, int[]> each : EXTENTS.entrySet()) {
      int place = number - each.getKey();
      if (place >= 0 && place < each.getValue().length) {
        return each.getValue()[place];
      }
    }
    return number == MULTIPROCESSOR_COUNT ? multiprocessors : ATTRIBUTES.getOrDefault(number, 0);
  }

  /// 16 bytes that no other device has.
  static byte[] uuid() {
    return ByteBuffer.allocate(16)
        .putLong(0x68696e6473696768L)
        .putLong(0x742d736f66742d30L)
        .array();
  }

  static void check(int device) {
    if (device != 0) {
      throw new DriverException(
          CudaResult.INVALID_DEVICE, "there is one device, number 0, got " + device);
    }
  }
}
