package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import jcuda.Pointer;
import jcuda.cudaDataType;
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

  /// The function that multiplies in a precision: for people.
  static String function(Precision precision) {
    return precision == Precision.FP32 ? "cublasSgemm" : "cublasGemmEx";
  }

  /// Queues a product of factors that are fp32, in bf16 bf16. Sums are fp32.
  ///
  /// @throws VendorException where it fails
  void multiply(Gemm p, Precision precision) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer beta = Pointer.to(new float[] {p.beta()});
    int opB = operation(p.transposeB());
    int opA = operation(p.transposeA());
    int ldb = p.b().channels();
    int lda = p.a().channels();
    Pointer a = Given.at(p.a());
    Pointer b = Given.at(p.b());
    Pointer c = Given.at(p.c());
    int m = p.m();
    if (precision == Precision.FP32) {
      check(
          JCublas2.cublasSgemm(handle, opB, opA, m, p.n(), p.k(), one, b, ldb, a, lda, beta, c, m),
          "cublasSgemm");
      return;
    }
    check(
        JCublas2.cublasGemmEx_new( // the old name takes a cudaDataType to compute in
            handle,
            opB,
            opA,
            m,
            p.n(),
            p.k(),
            one,
            b,
            type(p.b()),
            ldb,
            a,
            type(p.a()),
            lda,
            beta,
            c,
            type(p.c()),
            m,
            precision == Precision.BF16
                ? cublasComputeType.CUBLAS_COMPUTE_32F
                : cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32,
            ANY_ALGORITHM),
        "cublasGemmEx");
  }

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static int type(Tensor tensor) {
    return tensor.type() == ElementType.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
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
