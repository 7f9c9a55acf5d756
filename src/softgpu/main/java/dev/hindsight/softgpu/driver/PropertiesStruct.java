package dev.hindsight.softgpu.driver;

import java.nio.charset.StandardCharsets;

/// Writes a `cudaDeviceProp`, member after member as C lays them out. CUDA 13 left some of CUDA
/// 12's out.
final class PropertiesStruct {
  private final long start;
  private final Driver driver;
  private final boolean twelve;
  private long at;

  PropertiesStruct(long start, Driver driver, boolean twelve) {
    this.start = start;
    this.driver = driver;
    this.twelve = twelve;
  }

  void write() {
    Host.at(start, 256).fill((byte) 0);
    byte[] name = DeviceProperties.NAME.getBytes(StandardCharsets.UTF_8);
    Host.at(start, name.length).asByteBuffer().put(name);
    Host.at(start + 256, 16).asByteBuffer().put(DeviceProperties.uuid());
    at = start + 256 + 16 + 8; // no luid
    ints(0);
    longs(driver.memory().capacity(), attribute(8));
    attributes(12, 10);
    longs(attribute(11));
    attributes(1, 2, 3, 4, 5, 6, 7);
    if (twelve) {
      attributes(13);
    }
    longs(attribute(9));
    attributes(75, 76);
    longs(attribute(14), attribute(51));
    if (twelve) {
      ints(1); // copies overlap with kernels
    }
    attributes(16);
    if (twelve) {
      attributes(17);
    }
    attributes(18, 19);
    if (twelve) {
      attributes(20);
    }
    attributes(21, 77);
    if (twelve) {
      attributes(69);
    }
    attributes(22, 23, 73, 74, 70, 71, 72, 45, 46, 24, 25, 26, 47, 48, 49);
    attributes(52, 42, 43, 27, 28, 29, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62);
    attributes(63, 64, 65, 66, 67, 68);
    longs(attribute(30));
    attributes(31, 32, 33, 34, 50, 35, 40, 41);
    if (twelve) {
      attributes(36);
    }
    attributes(37, 38, 108, 39, 78, 79, 80);
    longs(attribute(81));
    attributes(82, 83, 84, 85, 86);
    if (twelve) {
      attributes(87);
    }
    attributes(88, 89, 90, 91, 95);
    if (twelve) {
      attributes(96);
    }
    longs(attribute(97));
    attributes(100, 101, 106, 109);
    longs(attribute(111));
    attributes(99, 112, 113, 114, 115, 116, 117, 118, 119, 121, 125, 120, 129);
    zeros(63); // what no device here has, and reserves
  }

  private int attribute(int number) {
    return DeviceProperties.attribute(number, driver.multiprocessors());
  }

  private void attributes(int... numbers) {
    for (int number : numbers) {
      ints(attribute(number));
    }
  }

  private void zeros(int count) {
    ints(new int[count]);
  }

  private void ints(int... values) {
    for (int value : values) {
      Host.putInt(at, value);
      at += 4;
    }
  }

  private void longs(long... values) {
    at = start + (at - start + 7) / 8 * 8;
    for (long value : values) {
      Host.putLong(at, value);
      at += 8;
    }
  }
}
