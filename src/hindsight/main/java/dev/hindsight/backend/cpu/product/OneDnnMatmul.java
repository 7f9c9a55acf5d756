package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.machine.ThreadPool;
import dev.hindsight.backend.cpu.product.OneDnnPrimitives.Layout;
import dev.hindsight.backend.cpu.product.OneDnnPrimitives.Primitive;
import dev.hindsight.backend.cpu.product.PackedWeights.Product;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Products of bf16 with AMX by oneDNN's `matmul`. It reads the rows of the first factor where they
/// lie, which its `gemm` copies first: that takes one and a half to two times as long. Where the
/// first factor is a transpose both have to copy it, and `gemm` is the faster.
///
/// What is made for a shape is kept.
final class OneDnnMatmul implements Gemm {
  /// Numbers of a row that AMX multiplies at once. Where fewer are left `matmul` multiplies what
  /// lies behind them by 0, and that is NaN where it is no number.
  private static final int DEPTH = 32;

  /// Multiply-adds. Smaller products have as many shapes as there are panels, and each shape's
  /// kernels would have to be fetched again.
  private static final long LEAST = 1 << 20;

  /// The same where rows are short or columns few, as of a PixelRNN's 16 channels, which gain
  /// nothing.
  private static final long LEAST_OF_NARROW = 1 << 23;

  private static final int NARROW = 64;

  private static final int CHAINS = 256;

  private final OneDnn gemm = new OneDnn(true);
  private final OneDnnPrimitives primitives;
  private final AtomicReferenceArray<@Nullable Known> chains = new AtomicReferenceArray<>(CHAINS);

  OneDnnMatmul(OneDnnPrimitives primitives) {
    this.primitives = primitives;
  }

  /// A product that was made.
  private record Known(Shape shape, Primitive primitive, @Nullable Known next) {}

  /// c (m,n) = or += a (m,k) · b (k,n), with their pitches.
  private record Shape(
      boolean add, boolean turned, int m, int n, int k, int pitchA, int pitchB, int pitchC) {
    boolean is(
        boolean add, boolean turned, int m, int n, int k, int pitchA, int pitchB, int pitchC) {
      return this.add == add
          && this.turned == turned
          && this.m == m
          && this.n == n
          && this.k == k
          && this.pitchA == pitchA
          && this.pitchB == pitchB
          && this.pitchC == pitchC;
    }
  }

  /// Numbers alone, as in all of this: a matrix that is made for one product leaves nothing on the
  /// heap where nobody gets it.
  private static boolean suits(boolean transposed, int rows, int depth, int columns) {
    return !transposed && depth % DEPTH == 0 && isLarge(rows, depth, columns);
  }

  /// Whether a product is no slower for having kernels of its own.
  static boolean isLarge(int rows, int depth, int columns) {
    long least = Math.min(depth, columns) < NARROW ? LEAST_OF_NARROW : LEAST;
    return (long) rows * depth * columns >= least;
  }

  @Override
  public void multiply(boolean add, Matrix a, Matrix b, Matrix c) {
    int m = a.rows();
    int n = b.columns();
    int k = a.columns();
    if (!suits(a.transposed(), m, k, n)) {
      gemm.multiply(add, a, b, c);
      return;
    }
    Primitive primitive = primitive(add, b.transposed(), m, n, k, a.pitch(), b.pitch(), c.pitch());
    run(primitive, ThreadPool.worker(), a.address(), b.address(), c.address());
  }

  @Override
  public Product product(Matrix a, Matrix b, Matrix c) {
    int m = a.rows();
    int n = b.columns();
    int k = a.columns();
    if (!suits(a.transposed(), m, k, n)) {
      return gemm.product(a, b, c);
    }
    Primitive primitive = primitive(true, b.transposed(), m, n, k, a.pitch(), b.pitch(), c.pitch());
    return (worker, x, y, sum) -> run(primitive, worker, x, y, sum);
  }

  private static void run(Primitive primitive, int worker, long a, long b, long c) {
    primitive.point(worker, 0, a);
    primitive.point(worker, 1, b);
    primitive.point(worker, 2, c);
    primitive.run(worker);
  }

  private Primitive primitive(
      boolean add, boolean turned, int m, int n, int k, int pitchA, int pitchB, int pitchC) {
    int chain = 31 * (31 * (31 * m + n) + k) + pitchA + (add ? 7 : 0);
    chain = (chain ^ chain >>> 8 ^ chain >>> 16) & CHAINS - 1;
    for (Known known = chains.get(chain); known != null; known = known.next()) {
      if (known.shape().is(add, turned, m, n, k, pitchA, pitchB, pitchC)) {
        return known.primitive();
      }
    }
    return make(chain, new Shape(add, turned, m, n, k, pitchA, pitchB, pitchC));
  }

  private synchronized Primitive make(int chain, Shape z) {
    for (Known known = chains.get(chain); known != null; known = known.next()) {
      if (known.shape().equals(z)) {
        return known.primitive(); // another thread was first
      }
    }
    Layout b =
        z.turned()
            ? primitives.bf16(z.k(), z.n(), 1, z.pitchB())
            : primitives.bf16(z.k(), z.n(), z.pitchB(), 1);
    Primitive primitive =
        primitives.product(
            z.add(),
            primitives.bf16(z.m(), z.k(), z.pitchA(), 1),
            b,
            primitives.fp32(z.m(), z.n(), z.pitchC(), 1));
    chains.set(chain, new Known(z, primitive, chains.get(chain)));
    return primitive;
  }

  @Override
  public String describe() {
    return gemm.describe() + " matmul";
  }
}
