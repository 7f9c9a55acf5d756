package dev.hindsight.backend.nd4j;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Chunks of ND4J buffers behind made-up addresses: an element takes as many of them as its type
/// has bytes, whatever ND4J computes in. A chunk has a buffer for each type.
final class Nd4jMemory implements Memory {
  private record Chunk(long bytes, Map<ElementType, DataBuffer> buffers) {
    DataBuffer of(ElementType type, DataType computed) {
      return buffers.computeIfAbsent(
          type,
          t ->
              Nd4j.createBuffer(
                  t == ElementType.INT32 ? DataType.INT32 : computed, bytes / t.bytes(), true));
    }
  }

  private final DataType type;
  private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
  private long next = 1L << 32;

  Nd4jMemory(DataType type) {
    this.type = type;
  }

  DataType type() {
    return type;
  }

  @Override
  public long reserve(long bytes, String label) {
    long address = next;
    next += (bytes + 255) / 256 * 256 + 256; // a gap, so that no two chunks touch
    chunks.put(address, new Chunk(bytes, new EnumMap<>(ElementType.class)));
    return address;
  }

  @Override
  public void release(long address) {
    Chunk chunk = chunks.remove(address);
    if (chunk != null) {
      chunk.buffers().values().forEach(DataBuffer::close);
    }
  }

  @Override
  public void zero(long address, long bytes) {
    for (ElementType element : ElementType.values()) {
      if (chunkAt(address).getValue().buffers().containsKey(element)) {
        long[] shape = {bytes / element.bytes()};
        view(address, element, shape, new long[] {1}).assign(0);
      }
    }
  }

  /// What a gradient is added to; a fresh one gets its zeros first.
  Tensor begun(Gradient gradient) {
    Tensor sum = gradient.tensor();
    if (gradient.fresh()) {
      vector(sum).assign(0);
    }
    return sum;
  }

  /// The tensor as rows x channels.
  INDArray matrix(Tensor t) {
    long[] shape = {t.rows(), t.channels()};
    return view(t.address(), t.type(), shape, new long[] {t.channels(), 1});
  }

  /// The tensor as one long vector.
  INDArray vector(Tensor t) {
    return view(t.address(), t.type(), new long[] {t.size()}, new long[] {1});
  }

  /// What a tensor holds. ND4J itself would look at one element after the other.
  float[] floats(Tensor t) {
    if (type == DataType.DOUBLE) {
      return singles(doubles(t));
    }
    float[] values = new float[Math.toIntExact(t.size())];
    new FloatPointer(pointer(t)).position(offset(t)).get(values);
    return values;
  }

  /// The same of whole numbers.
  int[] ints(Tensor t) {
    int[] values = new int[Math.toIntExact(t.size())];
    new IntPointer(pointer(t)).position(offset(t)).get(values);
    return values;
  }

  double[] doubles(Tensor t) {
    double[] values = new double[Math.toIntExact(t.size())];
    if (type == DataType.DOUBLE) {
      new DoublePointer(pointer(t)).position(offset(t)).get(values);
    } else {
      float[] single = floats(t);
      Arrays.setAll(values, k -> single[k]);
    }
    return values;
  }

  void write(Tensor t, float[] values) {
    requireSize(t, values.length);
    if (type == DataType.FLOAT) {
      new FloatPointer(pointer(t)).position(offset(t)).put(values);
    } else {
      double[] exact = new double[values.length];
      Arrays.setAll(exact, k -> values[k]);
      write(t, exact);
    }
  }

  void write(Tensor t, int[] values) {
    requireSize(t, values.length);
    new IntPointer(pointer(t)).position(offset(t)).put(values);
  }

  void write(Tensor t, double[] values) {
    requireSize(t, values.length);
    if (type == DataType.DOUBLE) {
      new DoublePointer(pointer(t)).position(offset(t)).put(values);
    } else {
      write(t, singles(values));
    }
  }

  private static float[] singles(double[] values) {
    float[] single = new float[values.length];
    for (int k = 0; k < single.length; k++) {
      single[k] = (float) values[k];
    }
    return single;
  }

  private static void requireSize(Tensor t, int values) {
    if (values != t.size()) {
      throw new IllegalArgumentException("nd4j: %d values for %s".formatted(values, t.shape()));
    }
  }

  private Pointer pointer(Tensor t) {
    return chunkAt(t.address()).getValue().of(t.type(), type).pointer();
  }

  /// Of its first element in the buffer.
  private long offset(Tensor t) {
    return (t.address() - chunkAt(t.address()).getKey()) / t.type().bytes();
  }

  /// Rows of a tensor's elements that start at `offset` and lie `pitch` apart.
  INDArray view(Tensor t, long offset, long rows, long columns, long pitch) {
    return view(t, offset, new long[] {rows, columns}, new long[] {pitch, 1});
  }

  /// Elements of a tensor from `offset` on, wherever they lie.
  INDArray view(Tensor t, long offset, long[] shape, long[] stride) {
    return view(t.address() + offset * t.type().bytes(), t.type(), shape, stride);
  }

  private INDArray view(long address, ElementType element, long[] shape, long[] stride) {
    var entry = chunkAt(address);
    long offset = (address - entry.getKey()) / element.bytes();
    return Nd4j.create(entry.getValue().of(element, type), shape, stride, offset, 'c');
  }

  private Map.Entry<Long, Chunk> chunkAt(long address) {
    var entry = chunks.floorEntry(address);
    if (entry == null) {
      throw new IllegalStateException("nd4j: no chunk at address " + address);
    }
    return entry;
  }

  /// Makes every element one that its type holds.
  void round(Tensor t) {
    if (t.type() == ElementType.BF16) {
      float[] values = floats(t);
      for (int k = 0; k < values.length; k++) {
        values[k] = t.type().round(values[k]);
      }
      write(t, values);
    }
  }
}
