package dev.hindsight.backend.cpu.product;

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
public record OneDnn(boolean half) implements Gemm {
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
  public void multiply(boolean add, Matrix a, Matrix b, Matrix c) {
    byte opA = a.transposed() ? TRANSPOSED : PLAIN;
    byte opB = b.transposed() ? TRANSPOSED : PLAIN;
    long m = a.rows();
    long n = b.columns();
    long k = a.columns();
    long x = a.address();
    long y = b.address();
    long z = c.address();
    long ldx = a.pitch();
    long ldy = b.pitch();
    long ldz = c.pitch();
    float beta = add ? 1 : 0;
    int status;
    try {
      SET_THREADS.invokeExact(1);
      status =
          half
              ? (int) BF16.invokeExact(opA, opB, m, n, k, 1f, x, ldx, y, ldy, beta, z, ldz)
              : (int) SGEMM.invokeExact(opA, opB, m, n, k, 1f, x, ldx, y, ldy, beta, z, ldz);
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
