package dev.hindsight.bench.vendor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceClock;
import dev.hindsight.natives.Downcalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.stream.IntStream;
import jcuda.jcublas.cublasComputeType;

/// cuBLAS of any version, by its C functions: JCublas2 loads that of CUDA 12 alone.
@SuppressWarnings("restricted") // native access is what this class is for
final class ForeignBlas implements Blas {
  private static final int ANY_ALGORITHM = -1; // CUBLAS_GEMM_DEFAULT

  private final Arena arena = Arena.ofShared();
  private final MemorySegment factors = arena.allocate(ValueLayout.JAVA_FLOAT, 2); // 1 and beta
  private final MethodHandle destroy;
  private final MethodHandle single;
  private final MethodHandle mixed;
  private final MemorySegment handle;
  private final String description;

  ForeignBlas(DeviceClock clock, String library) {
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
    MethodHandle create = function(symbols, "cublasCreate_v2", ADDRESS);
    destroy = function(symbols, "cublasDestroy_v2", ADDRESS);
    single = function(symbols, "cublasSgemm_v2", types("piiiiippipippi"));
    mixed = function(symbols, "cublasGemmEx", types("piiiiippiipiippiiii"));
    MemorySegment out = arena.allocate(ADDRESS);
    check(() -> (int) create.invokeExact(out), "cublasCreate");
    handle = out.get(ADDRESS, 0);
    MemorySegment stream = MemorySegment.ofAddress(clock.stream().address());
    MethodHandle setStream = function(symbols, "cublasSetStream_v2", ADDRESS, ADDRESS);
    check(() -> (int) setStream.invokeExact(handle, stream), "cublasSetStream");
    MethodHandle version = function(symbols, "cublasGetVersion_v2", ADDRESS, ADDRESS);
    check(() -> (int) version.invokeExact(handle, out), "cublasGetVersion");
    description = BlasLibrary.describe(out.get(JAVA_INT, 0), library, "java.lang.foreign");
  }

  /// `p` for a pointer, `i` for an int.
  private static MemoryLayout[] types(String letters) {
    return IntStream.range(0, letters.length())
        .mapToObj(k -> letters.charAt(k) == 'p' ? ADDRESS : JAVA_INT)
        .toArray(MemoryLayout[]::new);
  }

  private static MethodHandle function(
      SymbolLookup symbols, String name, MemoryLayout... arguments) {
    return Downcalls.handle(symbols, name, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  @Override
  public String describe() {
    return description;
  }

  @Override
  public void multiply(Gemm p) {
    factors.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1);
    factors.setAtIndex(ValueLayout.JAVA_FLOAT, 1, p.beta());
    MemorySegment beta = factors.asSlice(Float.BYTES);
    MemorySegment a = MemorySegment.ofAddress(p.a());
    MemorySegment b = MemorySegment.ofAddress(p.b());
    MemorySegment c = MemorySegment.ofAddress(p.c());
    int opA = p.transposeA() ? 1 : 0;
    int opB = p.transposeB() ? 1 : 0;
    if (p.precision() == Precision.FP32) {
      check(
          () ->
              (int)
                  single.invokeExact(
                      handle, opA, opB, p.m(), p.n(), p.k(), factors, a, p.lda(), b, p.ldb(), beta,
                      c, p.ldc()),
          "cublasSgemm");
      return;
    }
    boolean half = p.precision() == Precision.BF16;
    int type = BlasLibrary.number(p.precision().storage());
    int compute =
        half
            ? cublasComputeType.CUBLAS_COMPUTE_32F
            : cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
    check(
        () ->
            (int)
                mixed.invokeExact(
                    handle,
                    opA,
                    opB,
                    p.m(),
                    p.n(),
                    p.k(),
                    factors,
                    a,
                    type,
                    p.lda(),
                    b,
                    type,
                    p.ldb(),
                    beta,
                    c,
                    BlasLibrary.number(p.result()),
                    p.ldc(),
                    compute,
                    ANY_ALGORITHM),
        "cublasGemmEx");
  }

  private interface Call {
    int run() throws Throwable;
  }

  private static void check(Call call, String name) {
    int status;
    try {
      status = call.run();
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    if (status != 0) {
      throw BlasLibrary.failed(name, "status " + status);
    }
  }

  @Override
  public void close() {
    check(() -> (int) destroy.invokeExact(handle), "cublasDestroy");
    arena.close();
  }
}
