package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.FamilyClasses;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.conv.PairedTaps;
import dev.hindsight.backend.cpu.conv.Winograd;
import dev.hindsight.backend.cpu.core.Copies;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.lstm.CpuLstm;
import dev.hindsight.backend.cpu.machine.CpuMemory;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.util.List;

/// Training without a GPU, as fast as the processor allows.
///
/// Products go through oneDNN, everything else through loops on vectors, all on one pool of
/// threads. An op allocates no heap memory but the description of its shares, some 100 bytes.
public final class CpuBackend implements Backend {
  private final Engine engine;
  private final ScopePool pool;
  private final Copies copies;
  private final Families families;

  /// Where its families lie.
  private static final List<String> ROOMS =
      List.of("linear", "conv", "attention", "lstm", "pointwise");

  private CpuBackend(Engine engine) {
    this.engine = engine;
    this.pool = new ScopePool(new CpuMemory());
    this.copies = new Copies(engine);
    this.families = new FamilyClasses(CpuBackend.class, ROOMS, engine, Sampling.NONE).families();
  }

  /// With one thread for each processor that this JVM may use.
  public static CpuBackend open() {
    return open(Precision.FP32);
  }

  /// The same in a precision.
  ///
  /// @param precision FP32, or BF16, for which the CPU needs AMX or AVX512-BF16
  /// @throws BackendException when it has neither, or this JVM lacks the Vector API
  public static CpuBackend open(Precision precision) {
    return open(Runtime.getRuntime().availableProcessors(), precision);
  }

  /// With so many threads, the caller among them.
  public static CpuBackend open(int threads, Precision precision) {
    return new CpuBackend(Engine.open(threads, precision));
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String describe() {
    return "CPU, %d thread%s, %s%s"
        .formatted(
            engine.workers().count(),
            engine.workers().count() == 1 ? "" : "s",
            products(),
            engine.slower() == null ? "" : "; slower: " + engine.slower());
  }

  private String products() {
    return engine.stored(engine.precision().storage()).gemm().describe();
  }

  /// Threads are not in it: their shares do not depend on how many there are.
  @Override
  public String numerics() {
    String filters =
        engine.precision() == Precision.FP32
            ? ", %s, %s".formatted(Winograd.describe(), PairedTaps.describe())
            : "";
    String lstm = CpuLstm.describe(engine.bf16().packing() != null);
    return "%s, %s, %s%s".formatted(products(), Loops.describe(), lstm, filters);
  }

  @Override
  public Precision precision() {
    return engine.precision();
  }

  // ---- memory

  @Override
  public Scope open(String label) {
    return pool.open(label);
  }

  @Override
  public long reservedBytes() {
    return pool.reservedBytes()
        + engine.scratch().reservedBytes()
        + engine.shared().reservedBytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    copies.write(dst, src);
  }

  @Override
  public void write(Tensor dst, double[] src) {
    copies.write(dst, src);
  }

  @Override
  public void write(Tensor dst, int[] src) {
    Copies.write(dst, src);
  }

  @Override
  public int[] readInts(Tensor src) {
    return Copies.ints(src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    return copies.floats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return copies.doubles(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    copies.fill(dst, value);
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    copies.copy(src, dst);
  }

  @Override
  public void copyColumns(Tensor src, int from, Tensor dst, int to, int count) {
    copies.copyColumns(src, from, dst, to, count);
  }

  @Override
  public void synchronize() {} // every op has finished when it returns

  @Override
  public void close() {
    pool.close();
    engine.close();
  }

  @Override
  public Families families() {
    return families;
  }
}
