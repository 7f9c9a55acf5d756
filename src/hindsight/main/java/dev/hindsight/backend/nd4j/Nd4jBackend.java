package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Attention;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Inputs;
import dev.hindsight.backend.Normalization;
import dev.hindsight.backend.Recurrence;
import dev.hindsight.natives.PackedLibrary;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.nativeblas.NativeOpsHolder;

/// The reference that every other backend is compared with. FLOAT trains; DOUBLE checks gradients.
public final class Nd4jBackend implements Backend {
  private final DataType type;
  private final Nd4jMemory memory;
  private final ScopePool pool;
  private final Nd4jDense dense;
  private final Convolution convolution;
  private final Normalization normalization;
  private final Attention attention;
  private final Recurrence recurrence;
  private final Inputs inputs;

  private Nd4jBackend(DataType type) {
    try {
      PackedLibrary.keepJavaCppPrivate(Nd4jBackend.class.getClassLoader());
    } catch (IOException e) {
      throw new BackendException("nd4j: " + e.getMessage());
    }
    this.type = type;
    this.memory = new Nd4jMemory(type);
    this.pool = new ScopePool(memory);
    this.dense = new Nd4jDense(type);
    this.convolution = new Nd4jConvolution(memory);
    this.normalization = new Nd4jNormalization(memory);
    this.attention = new Nd4jAttention(memory);
    this.recurrence = new Nd4jRecurrence(memory);
    this.inputs = new Nd4jInputs(memory);
    // ND4J's OpenMP pool and OpenBLAS's own threads spin against each other: with both, a product
    // of 64x1024x1024 takes four times as long as with OpenBLAS's alone.
    Nd4j.getExecutioner(); // starts ND4J, which the next line needs
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
  }

  public static Nd4jBackend inFloat() {
    return new Nd4jBackend(DataType.FLOAT);
  }

  public static Nd4jBackend inDouble() {
    return new Nd4jBackend(DataType.DOUBLE);
  }

  @Override
  public String name() {
    return "nd4j";
  }

  @Override
  public String describe() {
    return "ND4J %s on the CPU, the reference, in %s"
        .formatted("1.0.0-M2.1", type == DataType.DOUBLE ? "double" : "float");
  }

  // ---- memory

  @Override
  public Scope open(String label) {
    return pool.open(label);
  }

  @Override
  public long reservedBytes() {
    return pool.reservedBytes();
  }

  @Override
  public void write(Tensor dst, float[] src) {
    vector(dst).assign(Nd4j.createFromArray(src).castTo(type));
  }

  @Override
  public void write(Tensor dst, double[] src) {
    vector(dst).assign(Nd4j.createFromArray(src).castTo(type));
  }

  @Override
  public void write(Tensor dst, int[] src) {
    vector(dst).assign(Nd4j.createFromArray(src).castTo(type));
  }

  @Override
  public float[] readFloats(Tensor src) {
    return vector(src).dup().data().asFloat();
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return vector(src).dup().data().asDouble();
  }

  @Override
  public int[] readInts(Tensor src) {
    return vector(src).dup().data().asInt();
  }

  @Override
  public void fill(Tensor dst, float value) {
    vector(dst).assign(value);
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    vector(dst).assign(vector(src));
  }

  @Override
  public void copyColumn(Tensor src, int from, Tensor dst, int to) {
    INDArray in = matrix(src);
    INDArray out = matrix(dst);
    for (int n = 0; n < src.rows(); n++) {
      out.putScalar(n, to, in.getDouble(n, from));
    }
  }

  @Override
  public void synchronize() {} // every op above has finished when it returns

  @Override
  public void close() {
    pool.close();
  }

  // ---- dense

  @Override
  public void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    Nd4jDense.forward(matrix(x), matrix(w), b == null ? null : vector(b), f, matrix(y));
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    Tensor sum = before == null ? y : before;
    linear(x, w, b, Activation.IDENTITY, sum);
    activate(Activation.GELU, sum, y);
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
    INDArray sum = matrix(before);
    matrix(dy).muli(Nd4jPointwise.derivative(Activation.GELU, sum, sum));
    denseBackward(x, w, null, Activation.IDENTITY, before, dy, dx, dw, db);
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, Tensor b, Tensor residual, Tensor y) {
    linear(x, w, b, Activation.IDENTITY, y);
    accumulate(residual, y);
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
    denseBackward(x, w, null, f, y, dy, dx, dw, db);
  }

  @Override
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    dense.maskedForward(matrix(x), matrix(w), vector(b), degrees, f, from, to, matrix(y));
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
    denseBackward(x, w, degrees, f, y, dy, dx, dw, db);
  }

  private void denseBackward(
      Tensor x,
      Tensor w,
      @Nullable Degrees degrees,
      Activation f,
      Tensor y,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    dense.backward(
        matrix(x),
        matrix(w),
        degrees,
        f,
        matrix(y),
        matrix(dy),
        dx == null ? null : matrix(dx),
        dw == null ? null : matrix(dw),
        db == null ? null : vector(db));
  }

  // ---- pointwise

  @Override
  public void activate(Activation f, Tensor x, Tensor y) {
    vector(y).assign(Nd4jPointwise.activate(f, vector(x).dup()));
  }

  @Override
  public void activateBackward(Activation f, Tensor x, Tensor y, Tensor dy, Tensor dx) {
    vector(dx).addi(Nd4jPointwise.derivative(f, vector(x), vector(y)).muli(vector(dy)));
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y) {
    vector(a).addi(vector(b), vector(y));
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    vector(dst).addi(vector(src));
  }

  @Override
  public void dropout(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    vector(x).muli(kept(draw, offset, rate, x), vector(y));
  }

  @Override
  public void dropoutBackward(Tensor draw, long offset, float rate, Tensor dy, Tensor dx) {
    vector(dx).addi(vector(dy).mul(kept(draw, offset, rate, dy)));
  }

  /// 1 / (1 - rate) where an element is kept, else 0.
  private INDArray kept(Tensor draw, long offset, float rate, Tensor x) {
    RandomKey key = Draw.of(readFloats(draw)).key();
    int[] block = new int[4];
    double[] factors = new double[Math.toIntExact(x.size())];
    for (int k = 0; k < factors.length; k++) {
      factors[k] = Philox.uniform(key, offset + k, block) >= rate ? 1 / (1.0 - rate) : 0;
    }
    return Nd4j.createFromArray(factors).castTo(type);
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
    INDArray l = matrix(logits);
    INDArray t = matrix(target);
    INDArray softplus = Transforms.exp(Transforms.abs(l).negi(), false).addi(1);
    softplus = Transforms.log(softplus, false).addi(Transforms.relu(l, true));
    vector(nll).assign(softplus.subi(l.mul(t)).sum(1));
    if (dlogits != null) {
      matrix(dlogits).addi(Transforms.sigmoid(l, true).subi(t).muli(scale));
    }
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    INDArray l = matrix(logits);
    INDArray largest = l.max(true, 1);
    INDArray p = Transforms.exp(l.subColumnVector(largest), false);
    INDArray sum = p.sum(true, 1);
    p.diviColumnVector(sum);
    for (int n = 0; n < logits.rows(); n++) {
      int t = vector(target).getInt(n);
      if (t == vector(target).getDouble(n) && t >= 0 && t < logits.channels()) {
        double logSum = largest.getDouble(n, 0) + Math.log(sum.getDouble(n, 0));
        vector(nll).putScalar(n, logSum - l.getDouble(n, t));
        p.putScalar(n, t, p.getDouble(n, t) - 1);
      } else {
        vector(nll).putScalar(n, Double.NaN);
        p.getRow(n).assign(Double.NaN);
      }
    }
    if (dlogits != null) {
      matrix(dlogits).addi(p.muli(scale));
    }
  }

  // ---- optimiser

  @Override
  public void norm(Tensor x, Tensor out) {
    vector(out).assign(vector(x).norm2Number());
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
    AdamStep step = rule.at(vector(numbers).getInt(0), vector(numbers).getFloat(1));
    INDArray gradient = vector(dw);
    INDArray weights = vector(w);
    if (rule.clipNorm() > 0) {
      double length = vector(Objects.requireNonNull(norm)).getDouble(0);
      double clip = Math.min(1, rule.clipNorm() / (length + 1e-6));
      if (Double.isNaN(clip)) {
        gradient.assign(clip); // ND4J takes a small number for a factor that is none
      } else {
        gradient.muli(clip);
      }
    }
    if (rule.weightDecay() > 0) {
      weights.muli(step.keep());
    }
    // ND4J adds eps to √v before the bias correction, PyTorch after it; this makes them equal.
    double eps = rule.eps() * Math.sqrt(1 - Math.pow(rule.beta2(), step.t()));
    INDArray updates = gradient.ulike();
    Nd4j.exec(
        new AdamUpdater(
            gradient,
            vector(v),
            vector(m),
            updates,
            vector(v),
            vector(m),
            step.rate(),
            rule.beta1(),
            rule.beta2(),
            eps,
            step.t() - 1));
    weights.subi(updates);
    gradient.assign(0);
  }

  // ---- randomness

  @Override
  public void uniform(RandomKey key, Tensor out) {
    write(out, Philox.uniforms(key, Math.toIntExact(out.size())));
  }

  @Override
  public void normal(RandomKey key, float std, Tensor out) {
    double[] values = Philox.normals(key, Math.toIntExact(out.size()));
    for (int k = 0; k < values.length; k++) {
      values[k] *= std;
    }
    write(out, values);
  }

  @Override
  public void bernoulli(
      Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    Draw drawn = Draw.of(readFloats(draw));
    int[] block = new int[4];
    INDArray columns = matrix(logits).get(NDArrayIndex.all(), NDArrayIndex.interval(from, to));
    INDArray p = Transforms.sigmoid(columns.div(temperature), false);
    INDArray out = matrix(pixels);
    long width = logits.channels();
    for (int n = 0; n < logits.rows(); n++) {
      for (int d = from; d < to; d++) {
        float u = Philox.uniform(drawn.key(), (drawn.first() + n) * width + d, block);
        out.putScalar(n, d, u < p.getDouble(n, d - from) ? 1 : 0);
      }
    }
  }

  private INDArray matrix(Tensor t) {
    return memory.matrix(t);
  }

  private INDArray vector(Tensor t) {
    return memory.vector(t);
  }
}
