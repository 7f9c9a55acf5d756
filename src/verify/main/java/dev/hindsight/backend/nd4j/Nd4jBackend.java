package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.FamilyClasses;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.natives.PackedLibrary;
import dev.hindsight.tensor.ElementType;
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
  private final ElementType storage;
  private final ScopePool pool;
  private final Families families;

  private Nd4jBackend(DataType type, ElementType storage) {
    try {
      PackedLibrary.keepJavaCppPrivate(Nd4jBackend.class.getClassLoader());
    } catch (IOException e) {
      throw new BackendException("nd4j: " + e.getMessage());
    }
    this.type = type;
    this.memory = new Nd4jMemory(type);
    this.pool = new ScopePool(memory);
    this.storage = storage;
    var rounding = new Rounding(memory);
    var classes = new FamilyClasses(Nd4jBackend.class, memory, Sampling.NONE);
    this.families = Families.of(family -> rounding.of(family, classes.get(family)));
    // ND4J's OpenMP pool and OpenBLAS's own threads spin against each other: with both, a product
    // of 64x1024x1024 takes four times as long as with OpenBLAS's alone.
    Nd4j.getExecutioner(); // starts ND4J, which the next line needs
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
  }

  public static Nd4jBackend inFloat() {
    return inFloat(ElementType.FP32);
  }

  /// The same, rounding what it stores.
  ///
  /// @param storage what activations are rounded to when an op has computed them
  public static Nd4jBackend inFloat(ElementType storage) {
    return new Nd4jBackend(DataType.FLOAT, storage);
  }

  public static Nd4jBackend inDouble() {
    return new Nd4jBackend(DataType.DOUBLE, ElementType.FP32);
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
  public ElementType storage() {
    return storage;
  }

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
    memory.write(dst, src);
    memory.round(dst);
  }

  @Override
  public void write(Tensor dst, double[] src) {
    memory.write(dst, src);
    memory.round(dst);
  }

  @Override
  public void write(Tensor dst, int[] src) {
    memory.write(dst, src);
  }

  @Override
  public int[] readInts(Tensor src) {
    return memory.ints(src);
  }

  @Override
  public float[] readFloats(Tensor src) {
    return memory.floats(src);
  }

  @Override
  public double[] readDoubles(Tensor src) {
    return memory.doubles(src);
  }

  @Override
  public void fill(Tensor dst, float value) {
    vector(dst).assign(value);
    memory.round(dst);
  }

  @Override
  public void copy(Tensor src, Tensor dst) {
    vector(dst).assign(vector(src));
    memory.round(dst);
  }

  @Override
  public void copyColumns(Tensor src, int from, Tensor dst, int to, int count) {
    INDArray in = matrix(src);
    INDArray out = matrix(dst);
    for (int n = 0; n < src.rows(); n++) {
      for (int k = 0; k < count; k++) {
        out.putScalar(n, to + k, in.getDouble(n, from + k));
      }
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
