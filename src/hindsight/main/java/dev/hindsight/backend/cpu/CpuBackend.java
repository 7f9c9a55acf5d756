package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Attention;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Inputs;
import dev.hindsight.backend.Normalization;
import dev.hindsight.backend.Recurrence;
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
  private final Convolution convolution;
  private final Normalization normalization;
  private final Attention attention;
  private final Recurrence recurrence;
  private final Inputs inputs;

  private CpuBackend(Engine engine) {
    this.engine = engine;
    this.pool = new ScopePool(new CpuMemory(engine.missing(), engine.zeros()));
    this.dense = new Dense(engine);
    this.maskedDense = new MaskedDense(engine, dense);
    this.pointwise = new Pointwise(engine);
    this.random = new CpuRandom(engine);
    this.convolution = new CpuConvolution(engine);
    this.normalization = new CpuNormalization(engine);
    this.attention = new CpuAttention(engine);
    this.recurrence = new CpuRecurrence(engine);
    this.inputs = new CpuInputs(engine);
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
    return pool.reservedBytes()
        + engine.scratch().reservedBytes()
        + engine.shared().reservedBytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    engine.out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public void write(Tensor dst, double[] src) {
    engine.out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public void write(Tensor dst, int[] src) {
    engine.out(dst);
    Transfer.write(dst, src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    engine.in(src);
    return Transfer.floats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    engine.in(src);
    return Transfer.doubles(src);
  }

  @Override
  public int[] readInts(Tensor src) {
    return Transfer.ints(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    pointwise.fill(value, engine.out(dst), dst.size());
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    pointwise.copy(engine.in(src), engine.out(dst), src.size());
  }

  @Override
  public void copyColumn(Tensor src, int from, Tensor dst, int to) {
    pointwise.copyColumn(
        src.rows(),
        Raw.at(engine.in(src), from),
        src.channels(),
        Raw.at(engine.out(dst), to),
        dst.channels());
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
    dense.forward(
        x.rows(), w.dim(1), w.dim(0), x.address(), w.address(), Engine.orZero(b), f, engine.out(y));
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    dense.forwardGelu(
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        b.address(),
        engine.outOrZero(before),
        engine.out(y));
  }

  @Override
  public void linearGeluBackward(
      Tensor x,
      Tensor w,
      Tensor before,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    linearBackward(x, w, Activation.GELU, before, dy, dx, dw, db);
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, Tensor b, Tensor residual, Tensor y) {
    dense.forwardOnto(
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        b.address(),
        residual.address(),
        engine.out(y));
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
    boolean add = dx != null && !engine.overwrites(dx);
    dense.backward(
        x.rows(),
        w.dim(1),
        w.dim(0),
        x.address(),
        w.address(),
        f,
        y.address(),
        engine.out(dy),
        Engine.orZero(dx),
        add,
        engine.outOrZero(dw),
        engine.outOrZero(db));
  }

  @Override
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    maskedDense.forward(
        x.rows(), x.address(), w.address(), b.address(), degrees, f, from, to, engine.out(y));
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
        engine.out(dy),
        engine.outOrZero(dx),
        dw == null ? 0 : engine.in(dw), // backward tells MissingWeights itself
        engine.outOrZero(db));
  }

  // ---- pointwise

  @Override
  public void activate(Activation f, Tensor x, Tensor y) {
    pointwise.activate(f, x.address(), engine.out(y), x.size());
  }

  @Override
  public void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx) {
    boolean add = !engine.overwrites(dx);
    pointwise.activateBackward(
        f, x.address(), y.address(), dy.address(), add, dx.address(), x.size());
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y) {
    pointwise.add(engine.in(a), engine.in(b), engine.out(y), y.size());
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    long from = engine.in(src);
    if (engine.overwrites(dst)) {
      pointwise.copy(from, dst.address(), dst.size());
    } else {
      pointwise.add(dst.address(), from, dst.address(), dst.size());
    }
  }

  @Override
  public void dropout(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    random.dropout(key(draw), offset, rate, false, x.address(), engine.out(y), y.size());
  }

  @Override
  public void dropoutBackward(Tensor draw, long offset, float rate, Tensor dy, Tensor dx) {
    random.dropout(key(draw), offset, rate, true, dy.address(), engine.out(dx), dx.size());
  }

  private static RandomKey key(Tensor draw) {
    return Draw.of(Transfer.floats(draw)).key();
  }

  // ---- families

  @Override
  public Convolution convolution() {
    return convolution;
  }

  @Override
  public Normalization normalization() {
    return normalization;
  }

  @Override
  public Attention attention() {
    return attention;
  }

  @Override
  public Recurrence recurrence() {
    return recurrence;
  }

  @Override
  public Inputs inputs() {
    return inputs;
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
        engine.out(nll),
        engine.outOrZero(dlogits));
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    pointwise.softmaxCrossEntropy(
        logits.rows(),
        logits.channels(),
        logits.address(),
        target.address(),
        scale,
        engine.out(nll),
        engine.outOrZero(dlogits));
  }

  // ---- optimiser

  @Override
  public void norm(Tensor x, Tensor out) {
    Raw.put(engine.out(out), (float) pointwise.norm(x.address(), x.size()));
  }

  @Override
  public void adam(
      Tensor w,
      Tensor dw,
      Tensor m,
      Tensor v,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule) {
    float clip = 1;
    if (rule.clipNorm() > 0) {
      double length = Raw.get(Objects.requireNonNull(norm).address());
      clip = (float) Math.min(1, rule.clipNorm() / (length + 1e-6));
    }
    long at = numbers.address();
    AdamStep step = rule.at((int) Raw.get(at), Raw.get(Raw.at(at, 1)));
    pointwise.adam(w.address(), dw.address(), m.address(), v.address(), w.size(), clip, step);
  }

  // ---- randomness

  @Override
  public void uniform(RandomKey key, Tensor out) {
    random.uniform(key, engine.out(out), out.size());
  }

  @Override
  public void normal(RandomKey key, float std, Tensor out) {
    random.normal(key, std, engine.out(out), out.size());
  }

  @Override
  public void bernoulli(
      Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int rows = logits.rows();
    int channels = logits.channels();
    random.bernoulli(
        draw.address(),
        logits.address(),
        temperature,
        rows,
        channels,
        from,
        to,
        engine.out(pixels));
  }
}
