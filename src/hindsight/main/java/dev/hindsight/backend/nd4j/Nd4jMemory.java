package dev.hindsight.backend.nd4j;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.Tensor;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
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
          type, t -> Nd4j.createBuffer(computed, bytes / t.bytes(), true));
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

  float[] floats(Tensor t) {
    return vector(t).dup().data().asFloat();
  }

  /// Rows of a tensor's elements that start at `offset` and lie `pitch` apart.
  INDArray view(Tensor t, long offset, long rows, long columns, long pitch) {
    long address = t.address() + offset * t.type().bytes();
    return view(address, t.type(), new long[] {rows, columns}, new long[] {pitch, 1});
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
    if (t.type() != ElementType.FP32) {
      float[] values = floats(t);
      for (int k = 0; k < values.length; k++) {
        values[k] = t.type().round(values[k]);
      }
      vector(t).assign(Nd4j.createFromArray(values).castTo(type));
    }
  }
}
