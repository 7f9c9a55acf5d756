package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Training without a GPU, as fast as the processor allows.
///
/// Products go through OpenBLAS, everything else through loops on vectors, all on one pool of
/// threads. Where either is missing it computes the same more slowly, and [#describe] says so. An
/// op allocates no heap memory but the description of its shares, some 100 bytes.
public final class CpuBackend implements Backend {
  private final Engine engine;
  private final ScopePool pool;
  private final Dense dense;
  private final MaskedDense maskedDense;
  private final Pointwise pointwise;
  private final CpuRandom random;

  private CpuBackend(Engine engine) {
    this.engine = engine;
    this.pool = new ScopePool(new CpuMemory(engine.missing()));
    this.dense = new Dense(engine);
    this.maskedDense = new MaskedDense(engine, dense);
    this.pointwise = new Pointwise(engine);
    this.random = new CpuRandom(engine);
  }

  /// With one thread for each processor that this JVM may use.
  public static CpuBackend open() {
    return open(Runtime.getRuntime().availableProcessors(), true, true);
  }

  /// With so many threads, the caller among them.
  ///
  /// @param openBlas false computes products in plain loops, as where OpenBLAS is missing
  /// @param vectors false does without the Vector API, as where its module is missing
  public static CpuBackend open(int threads, boolean openBlas, boolean vectors) {
    return new CpuBackend(Engine.open(threads, openBlas, vectors));
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String describe() {
    return engine.describe();
  }

  // ---- memory

  @Override
  public Scope open(String label) {
    return pool.open(label);
  }

  @Override
  public long reservedBytes() {
    return pool.reservedBytes() + engine.scratch().reservedBytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public void write(Tensor dst, double[] src) {
    out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public void write(Tensor dst, int[] src) {
    out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    return Transfer.floats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return Transfer.doubles(src);
  }

  @Override
  public int[] readInts(Tensor src) {
    return Transfer.ints(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    pointwise.fill(value, out(dst), dst.size());
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    pointwise.copy(src.address(), out(dst), src.size());
  }

  @Override
  public void synchronize() {} // every op has finished when it returns

  @Override
  public void close() {
    pool.close();
    engine.close();
  }

  // ---- dense

  @Override
  public void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    dense.forward(x.rows(), w.dim(1), w.dim(0), x.address(), w.address(), orZero(b), f, out(y));
  }

  @Override
  public void linearBackward(
      Tensor x,
      Tensor w,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    dense.backward(
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        f,
        y.address(),
        out(dy),
        outOrZero(dx),
        outOrZero(dw),
        outOrZero(db));
  }

  @Override
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    maskedDense.forward(
        x.rows(), x.address(), w.address(), b.address(), degrees, f, from, to, out(y));
  }

  @Override
  public void maskedLinearBackward(
      Tensor x,
      Tensor w,
      Degrees degrees,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    maskedDense.backward(
        x.rows(),
        x.address(),
        w.address(),
        degrees,
        f,
        y.address(),
        out(dy),
        outOrZero(dx),
        orZero(dw), // which tells MissingWeights itself
        outOrZero(db));
  }

  // ---- pointwise

  @Override
  public void activate(Activation f, Tensor x, Tensor y) {
    pointwise.activate(f, x.address(), out(y), x.size());
  }

  @Override
  public void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx) {
    pointwise.activateBackward(f, x.address(), y.address(), dy.address(), out(dx), x.size());
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y) {
    pointwise.add(a.address(), b.address(), out(y), y.size());
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    pointwise.add(dst.address(), src.address(), out(dst), dst.size());
  }

  // ---- loss

  @Override
  public void sigmoidCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    pointwise.sigmoidCrossEntropy(
        logits.rows(),
        logits.channels(),
        logits.address(),
        target.address(),
        scale,
        out(nll),
        outOrZero(dlogits));
  }

  // ---- optimiser

  @Override
  public void norm(Tensor x, Tensor out) {
    Raw.put(out(out), (float) pointwise.norm(x.address(), x.size()));
  }

  @Override
  public void adam(Tensor w, Tensor dw, Tensor m, Tensor v, @Nullable Tensor norm, AdamStep step) {
    float clip = 1;
    if (step.clipNorm() > 0) {
      double length = Raw.get(Objects.requireNonNull(norm).address());
      clip = (float) Math.min(1, step.clipNorm() / (length + 1e-6));
    }
    pointwise.adam(w.address(), dw.address(), m.address(), v.address(), w.size(), clip, step);
  }

  // ---- randomness

  @Override
  public void uniform(RandomKey key, Tensor out) {
    random.uniform(key, out(out), out.size());
  }

  @Override
  public void normal(RandomKey key, float std, Tensor out) {
    random.normal(key, std, out(out), out.size());
  }

  @Override
  public void bernoulli(
      RandomKey key, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int rows = logits.rows();
    int channels = logits.channels();
    random.bernoulli(key, logits.address(), temperature, rows, channels, from, to, out(pixels));
  }

  /// The address of a tensor that is about to be written.
  private long out(Tensor t) {
    engine.missing().written(t.address(), t.size());
    return t.address();
  }

  private long outOrZero(@Nullable Tensor t) {
    return t == null ? 0 : out(t);
  }

  /// Inside this backend the address 0 stands for a tensor that is not there.
  private static long orZero(@Nullable Tensor t) {
    return t == null ? 0 : t.address();
  }
}
