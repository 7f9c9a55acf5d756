package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.machine.ThreadPool;
import dev.hindsight.backend.cpu.product.OneDnnPrimitives.Layout;
import dev.hindsight.backend.cpu.product.OneDnnPrimitives.Primitive;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Weights of bf16 in the order that oneDNN picks for them, which its `gemm` makes anew at every
/// call. What is made for a shape is kept.
public final class OneDnnPacking implements AutoCloseable {
  /// For so many rows the order is the best. Products of fewer take it as well, so that weights can
  /// be packed before it is known how many rows there are.
  static final int ROWS = 64;

  private final OneDnnPrimitives primitives;
  private final Map<Shape, Weights> kept = new HashMap<>();
  private final Map<Turn, Primitive> turns = new ConcurrentHashMap<>();

  public OneDnnPacking(int workers) {
    primitives = new OneDnnPrimitives(workers);
  }

  /// What multiplies matrices that are not packed.
  public Gemm gemm() {
    return OneDnnLibrary.FOUND.hasAmx() ? new OneDnnMatmul(primitives) : new OneDnn(true);
  }

  private record Shape(int depth, int columns) {}

  private record Turn(int rows, int columns, int pitch) {}

  /// As [Stored#transpose].
  void transpose(long from, int rows, int columns, int pitch, long to) {
    Primitive copy = turns.computeIfAbsent(new Turn(rows, columns, pitch), this::turn);
    int worker = ThreadPool.worker();
    copy.point(worker, 0, from);
    copy.point(worker, 1, to);
    copy.run(worker);
  }

  private Primitive turn(Turn z) {
    return primitives.copy(
        primitives.bf16(z.rows, z.columns, z.pitch, 1),
        primitives.bf16(z.rows, z.columns, 1, z.rows));
  }

  /// Null where they would take more memory packed: oneDNN fills up odd sizes.
  @Nullable PackedWeights weights(int depth, int columns) {
    Weights weights = kept.computeIfAbsent(new Shape(depth, columns), Weights::new);
    return weights.fit ? weights : null;
  }

  private final class Weights implements PackedWeights {
    private record Stream(boolean turned, int rows, int pitch) {}

    private final int depth;
    private final int columns;
    private final Layout packed;
    private final boolean fit;
    private final Map<Stream, Copy> copies = new HashMap<>();
    private final Map<Stream, Product> products = new HashMap<>();

    Weights(Shape shape) {
      depth = shape.depth;
      columns = shape.columns;
      packed = primitives.best(ROWS, depth, columns);
      fit = packed.bytes() == (long) depth * columns * Short.BYTES;
    }

    @Override
    public Copy copy(boolean turned, int pitch) {
      return copies.computeIfAbsent(new Stream(turned, 0, pitch), this::copy);
    }

    private Copy copy(Stream from) {
      Layout plain =
          from.turned
              ? primitives.bf16(depth, columns, 1, from.pitch)
              : primitives.bf16(depth, columns, from.pitch, 1);
      Primitive primitive = primitives.copy(plain, packed);
      return (worker, weights, to) -> {
        primitive.point(worker, 0, weights);
        primitive.point(worker, 1, to);
        primitive.run(worker);
      };
    }

    @Override
    public Product product(int rows, int pitch) {
      return products.computeIfAbsent(new Stream(false, rows, pitch), this::product);
    }

    private Product product(Stream x) {
      Primitive primitive =
          primitives.product(
              true,
              primitives.bf16(x.rows, depth, x.pitch, 1),
              packed,
              primitives.fp32(x.rows, columns, columns, 1));
      return (worker, from, weights, sum) -> {
        primitive.point(worker, 0, from);
        primitive.point(worker, 1, weights);
        primitive.point(worker, 2, sum);
        primitive.run(worker);
      };
    }
  }

  @Override
  public void close() {
    primitives.close();
  }
}
