package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.Sampling;
import dev.hindsight.natives.PackedLibrary;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/// The reference that every other backend is compared with. FLOAT trains; DOUBLE checks gradients.
public final class Nd4jBackend implements Backend {
  private static final String VERSION = "1.0.0-M2.1";

  private final DataType type;
  private final Nd4jMemory memory;
  private final ScopePool pool;
  private final Families families;

  private Nd4jBackend(DataType type) {
    try {
      PackedLibrary.keepJavaCppPrivate(Nd4jBackend.class.getClassLoader());
    } catch (IOException e) {
      throw new BackendException("nd4j: " + e.getMessage());
    }
    this.type = type;
    this.memory = new Nd4jMemory(type);
    this.pool = new ScopePool(memory);
    this.families =
        new Families(
            new Nd4jLinear(memory),
            new Nd4jMaskedLinear(memory),
            new Nd4jCausalConv1d(memory),
            new Nd4jResidualBlock(memory),
            new Nd4jMaskedConv2d(memory),
            new Nd4jGate(memory),
            new Nd4jLayerNorm(memory),
            new Nd4jCausalAttention(memory),
            new Nd4jLstm(memory),
            new Nd4jSwapAxes(memory),
            new Nd4jPreviousPixel(memory),
            new Nd4jEmbedPrevious(memory),
            new Nd4jActivate(memory),
            new Nd4jAdd(memory),
            new Nd4jDropout(memory),
            new Nd4jSigmoidCrossEntropy(memory),
            new Nd4jSoftmaxCrossEntropy(memory),
            new Nd4jAdam(memory),
            new Nd4jEma(memory),
            new Nd4jBernoulli(memory),
            Sampling.NONE);
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
        .formatted(VERSION, type == DataType.DOUBLE ? "double" : "float");
  }

  /// ND4J does not tell which kernels of OpenBLAS it uses; the processor decides that.
  @Override
  public String numerics() {
    return "ND4J %s, %s".formatted(VERSION, CpuFacts.ofThisMachine().name());
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
  public float[] readFloats(Tensor src) {
    return memory.floats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return vector(src).dup().data().asDouble();
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

  @Override
  public Families families() {
    return families;
  }

  private INDArray matrix(Tensor t) {
    return memory.matrix(t);
  }

  private INDArray vector(Tensor t) {
    return memory.vector(t);
  }
}
