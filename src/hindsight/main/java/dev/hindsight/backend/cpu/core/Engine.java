package dev.hindsight.backend.cpu.core;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.NoVectors;
import dev.hindsight.backend.cpu.loops.OwnLoops;
import dev.hindsight.backend.cpu.loops.ScalarLoops;
import dev.hindsight.backend.cpu.loops.VectorLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.machine.Scratch;
import dev.hindsight.backend.cpu.machine.ThreadPool;
import dev.hindsight.backend.cpu.product.EmulatedBf16;
import dev.hindsight.backend.cpu.product.Gemm;
import dev.hindsight.backend.cpu.product.LoopGemm;
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
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/// What every op of this backend computes with.
///
/// @param precision that it was opened in, which decides what pixels enter as; an op follows the
///   type of its tensors
/// @param scratch working memory of each thread
/// @param shared working memory that all threads see, as one
/// @param matrices of tensors that ops asked for lately
/// @param note what had to be replaced by something slower, for people; empty when nothing
public record Engine(
    Precision precision,
    StoredFp32 fp32,
    StoredBf16 bf16,
    Loops loops,
    ThreadPool workers,
    Scratch scratch,
    Scratch shared,
    RecentMatrices matrices,
    String note)
    implements AutoCloseable {
  private static final int C2 = 4; // its level among HotSpot's compilers

  /// Bytes that one thread clears at a time.
  private static final long CLEARED = 1 << 20;

  /// With so many threads, the caller among them.
  ///
  /// @param oneDnn use oneDNN where it is there
  /// @param vectors use the Vector API where it is there
  /// @param emulated multiply bf16 by products of fp32
  /// @throws BackendException when this CPU multiplies no bf16, and that is asked for
  public static Engine open(
      int threads, boolean oneDnn, boolean vectors, Precision precision, boolean emulated) {
    StringBuilder note = new StringBuilder();
    String noVectors = missingVectors(vectors);
    Loops loops = noVectors == null ? new VectorLoops() : new ScalarLoops();
    if (noVectors == null && OwnLoops.REFUSED != null) {
      note.append("; slower: ").append(OwnLoops.REFUSED);
    }
    if (noVectors != null) {
      note.append("; slow: ").append(noVectors);
    }
    String noLibrary = oneDnn ? OneDnnLibrary.FOUND.missing() : "oneDNN was switched off";
    Gemm gemm = noLibrary == null ? new OneDnn(false) : new LoopGemm(loops);
    boolean native16 = noLibrary == null && OneDnnLibrary.FOUND.bf16() != null && !emulated;
    if (precision == Precision.BF16 && !native16 && !emulated) {
      throw new BackendException(
          "cpu: bf16 needs AMX or AVX512-BF16, and %s has neither; leave --precision out"
              .formatted(noLibrary == null ? OneDnnLibrary.FOUND.name() : noLibrary));
    }
    StoredFp32 fp32 = new StoredFp32(gemm, loops);
    if (noLibrary != null) {
      note.append("; slow: ").append(noLibrary);
    }
    boolean packs = precision == Precision.BF16 && native16;
    OneDnnPacking packing = packs ? new OneDnnPacking(threads) : null;
    Gemm gemm16;
    if (packing != null) {
      gemm16 = packing.gemm();
    } else {
      gemm16 = native16 ? new OneDnn(true) : new EmulatedBf16(fp32, loops.bf16());
    }
    ThreadPool workers = new ThreadPool(threads);
    Scratch scratch = new Scratch(threads);
    Scratch shared = new Scratch(1);
    WarmUp.BASIC.before(loops);
    if (precision == Precision.BF16) {
      WarmUp.BF16.before(loops);
    }
    return new Engine(
        precision,
        fp32,
        new StoredBf16(gemm16, packing, fp32, loops.bf16()),
        loops,
        workers,
        scratch,
        shared,
        new RecentMatrices(),
        note.toString());
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

  private static @Nullable String missingVectors(boolean wanted) {
    if (!wanted) {
      return "vectors were switched off";
    }
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      NoVectors.warn();
      return "no vectors; start Java with --add-modules jdk.incubator.vector";
    }
    return optimizes() ? null : "no vectors; start Java without -XX:TieredStopAtLevel";
  }

  /// Whether C2 compiles in this JVM. Without it every vector is an object.
  private static boolean optimizes() {
    var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return Integer.parseInt(options.getVMOption("TieredStopAtLevel").getValue()) == C2;
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
