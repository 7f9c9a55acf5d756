package dev.hindsight.backend.cpu.core;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.loops.OwnLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.machine.Scratch;
import dev.hindsight.backend.cpu.machine.ThreadPool;
import dev.hindsight.backend.cpu.product.Gemm;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.OneDnn;
import dev.hindsight.backend.cpu.product.OneDnnLibrary;
import dev.hindsight.backend.cpu.product.OneDnnPacking;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.backend.cpu.product.StoredBf16;
import dev.hindsight.backend.cpu.product.StoredFp32;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What every op of this backend computes with.
///
/// @param precision that it was opened in, which decides what pixels enter as; an op follows the
///   type of its tensors
/// @param scratch working memory of each thread
/// @param shared working memory that all threads see, as one
/// @param matrices of tensors that ops asked for lately
/// @param slower why loops are slower than they could be, for people; null when they are not
public record Engine(
    Precision precision,
    StoredFp32 fp32,
    StoredBf16 bf16,
    ThreadPool workers,
    Scratch scratch,
    Scratch shared,
    RecentMatrices matrices,
    @Nullable String slower)
    implements AutoCloseable {
  /// Bytes that one thread clears at a time.
  private static final long CLEARED = 1 << 20;

  /// With so many threads, the caller among them.
  ///
  /// @throws BackendException when this JVM or this CPU lacks what it computes with
  public static Engine open(int threads, Precision precision) {
    requireVectors();
    requireProducts(precision);
    String slower = OwnLoops.REFUSED; // which tells C2 before it compiles the first loop
    WarmUp.BASIC.before();
    StoredFp32 fp32 = new StoredFp32(new OneDnn(false));
    OneDnnPacking packing = null;
    Gemm gemm16 = new OneDnn(true);
    if (precision == Precision.BF16) {
      packing = new OneDnnPacking(threads);
      gemm16 = packing.gemm();
      WarmUp.BF16.before();
    }
    return new Engine(
        precision,
        fp32,
        new StoredBf16(gemm16, packing, fp32),
        new ThreadPool(threads),
        new Scratch(threads),
        new Scratch(1),
        new RecentMatrices(),
        slower);
  }

  private static void requireVectors() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new BackendException(
          "cpu: this JVM has no Vector API; start Java with --add-modules jdk.incubator.vector");
    }
  }

  private static void requireProducts(Precision precision) {
    OneDnnLibrary.Found found = OneDnnLibrary.FOUND;
    if (found.missing() != null) {
      throw new BackendException("cpu: %s; choose --backend nd4j".formatted(found.missing()));
    }
    if (precision == Precision.BF16 && found.bf16() == null) {
      throw new BackendException(
          "cpu: bf16 needs AMX or AVX512-BF16, and %s has neither; leave --precision out"
              .formatted(found.name()));
    }
  }

  /// As [ThreadPool#run].
  public void run(int shares, ThreadPool.Share share) {
    workers.run(shares, share);
  }

  /// As [ThreadPool#runBlocks].
  public void runBlocks(int rows, int most, ThreadPool.Block block) {
    workers.runBlocks(rows, most, block);
  }

  /// A thread's own working memory.
  public long own(int worker) {
    return scratch.of(worker);
  }

  /// How numbers of a type lie in memory.
  public Stored stored(ElementType type) {
    return switch (type) {
      case FP32 -> fp32;
      case BF16 -> bf16;
      case INT32 -> throw type.noFloats();
    };
  }

  /// How those of a tensor do.
  public Stored stored(Tensor t) {
    return stored(t.type());
  }

  /// A tensor's rows, which are all axes but the last.
  public Matrix matrix(Tensor t) {
    return matrices.matrix(stored(t), t);
  }

  /// Their transpose.
  public Matrix transpose(Tensor t) {
    return matrices.transpose(stored(t), t);
  }

  /// The same of one that may not be there.
  public @Nullable Matrix matrixOrNull(@Nullable Tensor t) {
    return t == null ? null : matrix(t);
  }

  /// The same of a gradient; of one that counts as zeros, see [#adds].
  public @Nullable Matrix matrixOrNull(@Nullable Gradient gradient) {
    return gradient == null ? null : matrix(gradient.tensor());
  }

  public static boolean adds(@Nullable Gradient gradient) {
    return gradient != null && !gradient.fresh();
  }

  /// A gradient, for an op that can only add: a fresh one gets its zeros first.
  public Matrix begun(Gradient gradient) {
    Tensor t = gradient.tensor();
    if (gradient.fresh()) {
      clear(t.address(), t.bytes());
    }
    return matrix(t);
  }

  /// The same of one that may not be there.
  public @Nullable Matrix begunOrNull(@Nullable Gradient gradient) {
    return gradient == null ? null : begun(gradient);
  }

  private void clear(long address, long bytes) {
    workers.run(
        Math.toIntExact(Math.ceilDiv(bytes, CLEARED)),
        (share, worker) -> {
          long from = (long) share * CLEARED;
          Native.zero(address + from, Math.min(CLEARED, bytes - from));
        });
  }

  /// Inside this backend the address 0 stands for a tensor that is not there.
  public static long orZero(@Nullable Tensor t) {
    return t == null ? 0 : t.address();
  }

  @Override
  public void close() {
    workers.close();
    bf16.close();
    scratch.close();
    shared.close();
  }
}
