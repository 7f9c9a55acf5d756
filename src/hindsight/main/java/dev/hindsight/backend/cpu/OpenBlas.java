package dev.hindsight.backend.cpu;

import dev.hindsight.natives.Downcalls;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/// OpenBLAS, called by address: no pointer objects, no copies.
///
/// It has one thread. Its own pool would spin against ours for a while after every call; instead
/// each of our threads multiplies its share, and the shares do not depend on timing. Initialised
/// only where [OpenBlasLibrary] found the library.
final class OpenBlas implements Gemm {
  private static final int ROW_MAJOR = 101;
  private static final int PLAIN = 111;
  private static final int TRANSPOSED = 112;

  /// A constant, so that the call is compiled into its caller.
  private static final MethodHandle SGEMM =
      Objects.requireNonNull(OpenBlasLibrary.FOUND.sgemm(), "cpu: OpenBLAS is missing");

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
    int opA = ta ? TRANSPOSED : PLAIN;
    int opB = tb ? TRANSPOSED : PLAIN;
    float beta = add ? 1 : 0;
    try {
      SGEMM.invokeExact(ROW_MAJOR, opA, opB, m, n, k, 1f, a, lda, b, ldb, beta, c, ldc);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  @Override
  public String describe() {
    return OpenBlasLibrary.FOUND.name();
  }
}
