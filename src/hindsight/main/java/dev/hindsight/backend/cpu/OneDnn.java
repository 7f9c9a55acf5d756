package dev.hindsight.backend.cpu;

import dev.hindsight.natives.Downcalls;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/// oneDNN's products of matrices, called by address: no pointer objects, no copies. Those of bf16
/// have sums in fp32 and run on whatever the CPU has for them, AMX included.
///
/// It has one thread. Its own pool would spin against ours for a while after every call; instead
/// each of our threads multiplies its share, and the shares do not depend on timing. OpenMP counts
/// threads for each of its callers, who can be any thread of the program, so every product says
/// that it wants one, which costs some nanoseconds. Initialised only where [OneDnnLibrary] found
/// the library.
///
/// @param half whether factors are bf16
record OneDnn(boolean half) implements Gemm {
  private static final byte PLAIN = 'N';
  private static final byte TRANSPOSED = 'T';

  /// Constants, so that the calls are compiled into their caller.
  private static final MethodHandle SGEMM =
      Objects.requireNonNull(OneDnnLibrary.FOUND.sgemm(), "cpu: oneDNN is missing");

  private static final MethodHandle BF16 =
      Objects.requireNonNull(OneDnnLibrary.FOUND.gemmBf16(), "cpu: oneDNN is missing");

  private static final MethodHandle SET_THREADS =
      Objects.requireNonNull(OneDnnLibrary.FOUND.setThreads(), "cpu: oneDNN is missing");

  @Override
  public void multiply(
      boolean ta,
      boolean tb,
      int m,
      int n,
      int k,
      long a,
      int lda,
      long b,
      int ldb,
      boolean add,
      long c,
      int ldc) {
    byte opA = ta ? TRANSPOSED : PLAIN;
    byte opB = tb ? TRANSPOSED : PLAIN;
    float beta = add ? 1 : 0;
    int status;
    try {
      SET_THREADS.invokeExact(1);
      status =
          half
              ? (int)
                  BF16.invokeExact(
                      opA,
                      opB,
                      (long) m,
                      (long) n,
                      (long) k,
                      1f,
                      a,
                      (long) lda,
                      b,
                      (long) ldb,
                      beta,
                      c,
                      (long) ldc)
              : (int)
                  SGEMM.invokeExact(
                      opA,
                      opB,
                      (long) m,
                      (long) n,
                      (long) k,
                      1f,
                      a,
                      (long) lda,
                      b,
                      (long) ldb,
                      beta,
                      c,
                      (long) ldc);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    if (status != 0) {
      throw new IllegalStateException(
          "oneDNN refused a product of %d x %d x %d: status %d".formatted(m, n, k, status));
    }
  }

  @Override
  public String describe() {
    return half ? "bf16 by " + OneDnnLibrary.FOUND.name() : OneDnnLibrary.FOUND.name();
  }
}
