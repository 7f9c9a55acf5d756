package dev.hindsight.backend.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/// What every op of this backend computes with.
///
/// @param precision that it was opened in, which decides what pixels enter as; an op follows the
///   type of its tensors
/// @param packing what packs weights of bf16; null where plain copies do
/// @param scratch working memory of each thread
/// @param shared working memory that all threads see, as one
/// @param note what had to be replaced by something slower, for people; empty when nothing
record Engine(
    Precision precision,
    Stored fp32,
    Stored bf16,
    @Nullable OneDnnPacking packing,
    Loops loops,
    Workers workers,
    Scratch scratch,
    Scratch shared,
    String note)
    implements AutoCloseable {
  private static final int C2 = 4; // its level among HotSpot's compilers

  /// Bytes that one thread clears at a time.
  private static final long CLEARED = 1 << 20;

  /// @param oneDnn use oneDNN where it is there
  /// @param vectors use the Vector API where it is there
  /// @param emulated multiply bf16 by products of fp32
  /// @throws BackendException when this CPU multiplies no bf16, and that is asked for
  static Engine open(
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
    Gemm gemm16 = native16 ? new OneDnn(true) : new EmulatedBf16(gemm, loops.bf16());
    if (noLibrary != null) {
      note.append("; slow: ").append(noLibrary);
    }
    boolean packs = precision == Precision.BF16 && native16;
    OneDnnPacking packing = packs ? new OneDnnPacking(threads) : null;
    Workers workers = new Workers(threads);
    Scratch scratch = new Scratch(threads);
    Scratch shared = new Scratch(1);
    WarmUp.BASIC.before(loops);
    if (precision == Precision.BF16) {
      WarmUp.BF16.before(loops);
    }
    return new Engine(
        precision,
        new StoredFp32(gemm, loops),
        new StoredBf16(gemm16, packing, loops),
        packing,
        loops,
        workers,
        scratch,
        shared,
        note.toString());
  }

  /// How numbers of a type lie in memory.
  Stored stored(ElementType type) {
    return switch (type) {
      case FP32 -> fp32;
      case BF16 -> bf16;
    };
  }

  /// How those of a tensor do.
  Stored stored(Tensor t) {
    return stored(t.type());
  }

  /// Products of floats.
  Gemm gemm() {
    return fp32.gemm();
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

  static boolean adds(@Nullable Gradient gradient) {
    return gradient != null && !gradient.fresh();
  }

  /// The address of a gradient, for an op that can only add: a fresh one gets its zeros first.
  long begun(Gradient gradient) {
    long at = gradient.tensor().address();
    if (gradient.fresh()) {
      clear(at, gradient.tensor().bytes());
    }
    return at;
  }

  /// The same, 0 for a gradient that is not there.
  long begunOrZero(@Nullable Gradient gradient) {
    return gradient == null ? 0 : begun(gradient);
  }

  private void clear(long address, long bytes) {
    workers.run(
        Math.toIntExact(Math.ceilDiv(bytes, CLEARED)),
        (share, worker) -> {
          long from = (long) share * CLEARED;
          Raw.zero(address + from, Math.min(CLEARED, bytes - from));
        });
  }

  /// Inside this backend the address 0 stands for a tensor that is not there.
  static long orZero(@Nullable Tensor t) {
    return t == null ? 0 : t.address();
  }

  /// The same, for an op that asks [#adds] whether it adds or overwrites.
  static long orZero(@Nullable Gradient gradient) {
    return gradient == null ? 0 : gradient.tensor().address();
  }

  /// Threads are not in it: their shares do not depend on how many there are.
  String numerics() {
    String filters =
        precision == Precision.FP32
            ? ", %s, %s".formatted(Winograd.describe(), PairedTaps.describe())
            : "";
    return "%s, %s, %s%s"
        .formatted(
            stored(precision.storage()).gemm().describe(),
            loops.describe(),
            CpuLstm.describe(packing != null),
            filters);
  }

  String describe() {
    String products = stored(precision.storage()).gemm().describe();
    return "CPU, %d thread%s, %s%s"
        .formatted(workers.count(), workers.count() == 1 ? "" : "s", products, note);
  }

  @Override
  public void close() {
    workers.close();
    if (packing != null) {
      packing.close();
    }
    scratch.close();
    shared.close();
  }
}
