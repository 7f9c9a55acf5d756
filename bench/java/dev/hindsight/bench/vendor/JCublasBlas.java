package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/// cuBLAS 12 through JCublas2.
final class JCublasBlas implements Blas {
  private static final int ANY_ALGORITHM = -1; // CUBLAS_GEMM_DEFAULT

  private final cublasHandle handle = new cublasHandle();
  private final String description;

  JCublasBlas(DeviceClock clock, String library) {
    VendorLibraries.bind("cuBLAS", "jcuda.jcublas.JCublas2");
    check(JCublas2.cublasCreate(handle), "cublasCreate");
    check(
        JCublas2.cublasSetStream(handle, new cudaStream_t(clock.stream().stream())),
        "cublasSetStream");
    int[] version = new int[1];
    check(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion");
    description = BlasLibrary.describe(version[0], library, "JCublas2");
  }

  @Override
  public String describe() {
    return description;
  }

  @Override
  public void multiply(Gemm p) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer beta = Pointer.to(new float[] {p.beta()});
    if (p.precision() == Precision.FP32) {
      check(
          JCublas2.cublasSgemm(
              handle,
              operation(p.transposeA()),
              operation(p.transposeB()),
              p.m(),
              p.n(),
              p.k(),
              one,
              at(p.a()),
              p.lda(),
              at(p.b()),
              p.ldb(),
              beta,
              at(p.c()),
              p.ldc()),
          "cublasSgemm");
      return;
    }
    boolean half = p.precision() == Precision.BF16;
    int type = BlasLibrary.number(p.precision().storage());
    check(
        JCublas2.cublasGemmEx_new( // the old name takes a cudaDataType to compute in
            handle,
            operation(p.transposeA()),
            operation(p.transposeB()),
            p.m(),
            p.n(),
            p.k(),
            one,
            at(p.a()),
            type,
            p.lda(),
            at(p.b()),
            type,
            p.ldb(),
            beta,
            at(p.c()),
            BlasLibrary.number(p.result()),
            p.ldc(),
            half
                ? cublasComputeType.CUBLAS_COMPUTE_32F
                : cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32,
            ANY_ALGORITHM),
        "cublasGemmEx");
  }

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static Pointer at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  private static void check(int status, String call) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw BlasLibrary.failed(call, cublasStatus.stringFor(status));
    }
  }

  @Override
  public void close() {
    JCublas2.cublasDestroy(handle);
  }
}
