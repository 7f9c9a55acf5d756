package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.tensor.ElementType;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUdeviceptr;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/// cuBLAS 12 through JCublas2, in the stream of a backend.
final class Blas implements AutoCloseable {
  static final String LIBRARY = "libcublas.so.12";
  private static final int ANY_ALGORITHM = -1; // CUBLAS_GEMM_DEFAULT

  private final cublasHandle handle = new cublasHandle();
  private final String description;

  /// @throws VendorException where there is none, or it does not start
  Blas(DeviceClock clock) {
    VendorException.requireLibrary("cuBLAS", LIBRARY, "libcublas-12-6", "jcuda.jcublas.JCublas2");
    check(JCublas2.cublasCreate(handle), "cublasCreate");
    check(
        JCublas2.cublasSetStream(handle, new cudaStream_t(clock.stream().stream())),
        "cublasSetStream");
    int[] version = new int[1];
    check(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion");
    description =
        "cuBLAS %d.%d.%d (%s through JCublas2)"
            .formatted(version[0] / 10000, version[0] / 100 % 100, version[0] % 100, LIBRARY);
  }

  String describe() {
    return description;
  }

  /// Queues a product.
  ///
  /// @throws VendorException where it fails
  void multiply(Gemm p) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer beta = Pointer.to(new float[] {p.beta()});
    int opA = p.transposeA() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    int opB = p.transposeB() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    Pointer a = at(p.a());
    Pointer b = at(p.b());
    Pointer c = at(p.c());
    if (p.precision() == Precision.FP32) {
      check(
          JCublas2.cublasSgemm(
              handle, opA, opB, p.m(), p.n(), p.k(), one, a, p.lda(), b, p.ldb(), beta, c, p.ldc()),
          "cublasSgemm");
      return;
    }
    int type = number(p.precision().storage());
    check(
        JCublas2.cublasGemmEx_new( // the old name takes a cudaDataType to compute in
            handle,
            opA,
            opB,
            p.m(),
            p.n(),
            p.k(),
            one,
            a,
            type,
            p.lda(),
            b,
            type,
            p.ldb(),
            beta,
            c,
            number(p.result()),
            p.ldc(),
            p.precision() == Precision.BF16
                ? cublasComputeType.CUBLAS_COMPUTE_32F
                : cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32,
            ANY_ALGORITHM),
        "cublasGemmEx");
  }

  private static int number(ElementType type) {
    return switch (type) {
      case FP32 -> cudaDataType.CUDA_R_32F;
      case BF16 -> cudaDataType.CUDA_R_16BF;
    };
  }

  private static Pointer at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  private static void check(int status, String call) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new VendorException(
          "cuBLAS: wanted %s to succeed, got %s; NOT_INITIALIZED or ALLOC_FAILED: too little free GPU memory; ARCH_MISMATCH or NOT_SUPPORTED: a cuBLAS for this GPU"
              .formatted(call, cublasStatus.stringFor(status)));
    }
  }

  @Override
  public void close() {
    JCublas2.cublasDestroy(handle);
  }
}
