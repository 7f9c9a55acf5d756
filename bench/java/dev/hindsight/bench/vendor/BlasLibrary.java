package dev.hindsight.bench.vendor;

import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.natives.SharedLibrary;
import dev.hindsight.tensor.ElementType;
import java.util.List;
import jcuda.cudaDataType;

/// Opens whatever cuBLAS is there.
final class BlasLibrary {
  private static final String OF_JCUBLAS = "libcublas.so.12";
  private static final List<String> NAMES =
      List.of(OF_JCUBLAS, "libcublas.so.13", "libcublas.so.11");

  private BlasLibrary() {}

  /// @throws VendorException where there is none, or it does not start
  static Blas open(DeviceClock clock) {
    SharedLibrary found =
        VendorLibraries.find("cuBLAS", NAMES, "package libcublas-12-6 or libcublas-13-0");
    return found.name().equals(OF_JCUBLAS)
        ? new JCublasBlas(clock, found.name())
        : new ForeignBlas(clock, found.name());
  }

  /// `cuBLAS 12.6.4 (libcublas.so.12 through JCublas2)` of 120604.
  static String describe(int version, String library, String binding) {
    return "cuBLAS %d.%d.%d (%s through %s)"
        .formatted(version / 10000, version / 100 % 100, version % 100, library, binding);
  }

  /// How cuBLAS calls a type.
  static int number(ElementType type) {
    return switch (type) {
      case FP32 -> cudaDataType.CUDA_R_32F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
    };
  }

  static VendorException failed(String call, String status) {
    return new VendorException(
        "cuBLAS: wanted %s to succeed, got %s; NOT_INITIALIZED or ALLOC_FAILED: too little free GPU memory; ARCH_MISMATCH or NOT_SUPPORTED: a cuBLAS for this GPU"
            .formatted(call, status));
  }
}
