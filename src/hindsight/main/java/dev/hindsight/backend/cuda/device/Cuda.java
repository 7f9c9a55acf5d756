package dev.hindsight.backend.cuda.device;

import dev.hindsight.backend.BackendException;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/// Turns the driver's result codes into one-line errors.
public final class Cuda {
  private static final CUdeviceptr ZERO = new CUdeviceptr();

  private static volatile boolean faultThrown;

  private Cuda() {}

  /// For what gives something back: the fault of a kernel, which fails every later call too, is
  /// thrown once.
  public static void checkGivenBack(int result, String call) {
    if (!(faultThrown && isFault(result))) {
      check(result, call);
    }
  }

  public static void check(int result, String call) {
    if (result != CUresult.CUDA_SUCCESS) {
      faultThrown |= isFault(result);
      throw new BackendException(
          "cuda: wanted %s to succeed, got %s; %s".formatted(call, name(result), remedy(result)));
    }
  }

  /// `CUDA_ERROR_INVALID_VALUE (1)`.
  public static String name(int result) {
    return CUresult.stringFor(result) + " (" + result + ")";
  }

  private static String remedy(int result) {
    return switch (result) {
      case CUresult.CUDA_ERROR_NO_DEVICE ->
          "no GPU is visible: look at CUDA_VISIBLE_DEVICES, or use another backend";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, CUresult.CUDA_ERROR_UNKNOWN ->
          "the kernel's NVIDIA module and libcuda may differ: reboot, or use another backend";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU ->
          "update the NVIDIA driver; a GPU of compute capability 7.5 or later is needed";
      default ->
          isFault(result)
              ? "a kernel is at fault, and the GPU must be opened anew: if you launch kernels of your"
                  + " own, run them on the software GPU, which names the line, else please report it"
              : "see ./hindsight devices";
    };
  }

  private static boolean isFault(int result) {
    return switch (result) {
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_ASSERT ->
          true;
      default -> false;
    };
  }

  /// JCuda's form of an address.
  public static CUdeviceptr pointer(long address) {
    return ZERO.withByteOffset(address);
  }
}
