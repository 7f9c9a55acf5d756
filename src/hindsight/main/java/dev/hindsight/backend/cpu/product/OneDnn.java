package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.product.PackedWeights.Product;
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
    call(
        op(a),
        op(b),
        a.rows(),
        b.columns(),
        a.columns(),
        a.address(),
        a.pitch(),
        b.address(),
        b.pitch(),
        add ? 1 : 0,
        c.address(),
        c.pitch());
  }

  @Override
  public Product product(Matrix a, Matrix b, Matrix c) {
    byte opA = op(a);
    byte opB = op(b);
    long m = a.rows();
    long n = b.columns();
    long k = a.columns();
    long lda = a.pitch();
    long ldb = b.pitch();
    long ldc = c.pitch();
    return (_, x, y, sum) -> call(opA, opB, m, n, k, x, lda, y, ldb, 1, sum, ldc);
  }

  private static byte op(Matrix m) {
    return m.transposed() ? TRANSPOSED : PLAIN;
  }

  /// The call itself. It takes numbers, so that a matrix that is made for one product leaves
  /// nothing on the heap, whether or not the JIT compiles this into its caller.
  private void call(
      byte opA,
      byte opB,
      long m,
      long n,
      long k,
      long a,
      long lda,
      long b,
      long ldb,
      float beta,
      long c,
      long ldc) {
    int status;
    try {
      SET_THREADS.invokeExact(1);
      status =
          half
              ? (int) BF16.invokeExact(opA, opB, m, n, k, 1f, a, lda, b, ldb, beta, c, ldc)
              : (int) SGEMM.invokeExact(opA, opB, m, n, k, 1f, a, lda, b, ldb, beta, c, ldc);
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
