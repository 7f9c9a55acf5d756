package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Allocation;

/// Device memory, pinned host memory and questions about pointers.
final class MemoryCalls extends Calls {
  private static final int HOST_TYPE = 1;
  private static final int DEVICE_TYPE = 2;
  private static final int NOWHERE = -2;

  private final AllocationNames names;

  MemoryCalls(Driver driver, AllocationNames names) {
    super(driver);
    this.names = names;
  }

  void cuMemAlloc(long address, long bytes) {
    Host.putLong(address, allocate("cuMemAlloc", bytes));
  }

  /// Rows are padded to 512 bytes.
  void cuMemAllocPitch(long address, long pitch, long width, long height, int elementBytes) {
    require(
        elementBytes == 4 || elementBytes == 8 || elementBytes == 16,
        "wanted elements of 4, 8 or 16 bytes, got %d",
        elementBytes);
    long row = (width + DeviceProperties.PITCH_ALIGNMENT - 1) / DeviceProperties.PITCH_ALIGNMENT;
    Host.putLong(pitch, row * DeviceProperties.PITCH_ALIGNMENT);
    Host.putLong(
        address, allocate("cuMemAllocPitch", row * DeviceProperties.PITCH_ALIGNMENT * height));
  }

  /// What reports call memory that this call allocates.
  String name(String call) {
    return names.next(call);
  }

  long allocate(String call, long bytes) {
    require(bytes > 0, "wanted a positive number of bytes, got %d", bytes);
    long address = driver.memory().allocate(bytes, names.next(call));
    driver.context().allocations.add(address);
    return address;
  }

  void cuMemFree(long address) {
    if (address != 0) {
      driver.contexts.free(address);
    }
  }

  void cuMemGetInfo(long free, long total) {
    Host.offerLong(free, driver.memory().capacity() - driver.memory().usedBytes());
    Host.offerLong(total, driver.memory().capacity());
  }

  void cuMemGetAddressRange(long base, long bytes, long address) {
    Allocation found = driver.memory().find(address, 1);
    if (found == null) {
      throw new DriverException(
          CudaResult.NOT_FOUND,
          String.format("0x%x%s", address, driver.memory().describe(address)));
    }
    Host.offerLong(base, found.base);
    Host.offerLong(bytes, found.size);
  }

  void cuMemAllocManaged(long address, long bytes, int flags) {
    Host.putLong(address, allocateManaged("cuMemAllocManaged", bytes, flags));
  }

  /// Host and device see it at one address and at once, as all work is done when its call returns.
  long allocateManaged(String call, long bytes, int flags) {
    require(bytes > 0, "wanted a positive number of bytes, got %d", bytes);
    require(flags == 1 || flags == 2, "wanted a kind of managed memory 1 or 2, got %d", flags);
    long address = driver.memory().allocateForHost(bytes, names.next(call)).base;
    driver.context().allocations.add(address);
    return address;
  }

  /// A hint, which changes nothing here. It may lie in any range that the device knows.
  void cuMemPrefetchAsync(long address, long bytes) {
    requireKnown(address, bytes);
  }

  /// Hints are forgotten, so there are none: no place is preferred, nothing was prefetched.
  void cuMemRangeGetAttribute(long data, long size, int attribute, long address, long bytes) {
    require(attribute >= 1 && attribute <= 4, "wanted an attribute 1..4, got %d", attribute);
    requireKnown(address, bytes);
    for (long i = 0; i < size / 4; i++) {
      Host.putInt(data + 4 * i, attribute == 1 ? 0 : NOWHERE);
    }
  }

  void cuMemAdvise(long address, long bytes, int advice) {
    require(advice >= 1 && advice <= 6, "wanted an advice 1..6, got %d", advice);
    requireKnown(address, bytes);
  }

  private void requireKnown(long address, long bytes) {
    require(
        bytes > 0 && driver.memory().find(address, bytes) != null,
        "%d bytes at 0x%x%s",
        bytes,
        address,
        driver.memory().describe(address));
  }

  void cuMemAllocHost(long address, long bytes) {
    Host.putLong(address, driver.pinned.allocate(bytes, 0, names.next("cuMemAllocHost")));
  }

  void cuMemHostAlloc(long address, long bytes, int flags) {
    Host.putLong(address, driver.pinned.allocate(bytes, flags, names.next("cuMemHostAlloc")));
  }

  void cuMemHostGetDevicePointer(long device, long host, int flags) {
    require(flags == 0, "wanted flags 0, got %d", flags);
    require(driver.pinned.find(host) != null, "0x%x is not pinned memory", host);
    Host.putLong(device, host);
  }

  void cuMemFreeHost(long address) {
    driver.pinned.free(address);
  }

  void cuMemHostRegister(long address, long bytes, int flags) {
    driver.pinned.register(address, bytes, flags, names.next("cuMemHostRegister"));
  }

  void cuMemHostUnregister(long address) {
    driver.pinned.unregister(address);
  }

  void cuMemHostGetFlags(long flags, long address) {
    PinnedMemory.Range range = driver.pinned.find(address);
    if (range == null) {
      throw new DriverException(
          CudaResult.INVALID_VALUE, String.format("0x%x is not pinned memory", address));
    }
    Host.putInt(flags, range.flags());
  }

  void cuPointerGetAttribute(long data, int attribute, long pointer) {
    Allocation device = driver.memory().find(pointer, 1);
    PinnedMemory.Range host = driver.pinned.find(pointer);
    if (device == null && host == null) {
      throw new DriverException(CudaResult.INVALID_VALUE);
    }
    long base = device != null ? device.base : host == null ? 0 : host.address();
    long bytes = device != null ? device.size : host == null ? 0 : host.bytes();
    boolean both = device != null && device.hostVisible;
    switch (attribute) {
      case 1 -> Host.putLong(data, driver.context().handle);
      case 2 -> Host.putInt(data, host != null ? HOST_TYPE : DEVICE_TYPE);
      case 3 -> Host.putLong(data, pointer);
      case 4 -> putPointer(data, both, pointer);
      case 8 -> Host.putInt(data, both && host == null ? 1 : 0);
      case 9 -> Host.putInt(data, 0); // device ordinal
      case 11 -> Host.putLong(data, base);
      case 12 -> Host.putLong(data, bytes);
      default ->
          throw new DriverException(
              CudaResult.NOT_SUPPORTED, "the software GPU knows no pointer attribute " + attribute);
    }
  }

  private static void putPointer(long data, boolean there, long pointer) {
    if (!there) {
      throw new DriverException(CudaResult.INVALID_VALUE);
    }
    Host.putLong(data, pointer);
  }
}
