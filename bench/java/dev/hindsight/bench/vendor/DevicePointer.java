package dev.hindsight.bench.vendor;

import dev.hindsight.tensor.Tensor;
import jcuda.Pointer;

/// JCuda's form of an address, which tells it only to subclasses.
final class DevicePointer extends Pointer {
  /// Nowhere; a library may point it somewhere.
  DevicePointer() {}

  private DevicePointer(long address) {
    super(address);
  }

  static DevicePointer to(Tensor tensor) {
    return new DevicePointer(tensor.address());
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
