package dev.hindsight.backend.nd4j;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.Tensor;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Chunks of ND4J buffers behind made-up addresses, four per element whatever the precision.
final class Nd4jMemory implements Memory {
  private record Chunk(DataBuffer buffer, long elements) {}

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
    long elements = bytes / Float.BYTES;
    long address = next;
    next += (bytes + 255) / 256 * 256 + 256; // a gap, so that no two chunks touch
    chunks.put(address, new Chunk(Nd4j.createBuffer(type, elements, true), elements));
    return address;
  }

  @Override
  public void release(long address) {
    Chunk chunk = chunks.remove(address);
    if (chunk != null) {
      chunk.buffer().close();
    }
  }

  @Override
  public void zero(long address, long bytes) {
    view(address, new long[] {bytes / Float.BYTES}, new long[] {1}).assign(0);
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
    return view(t.address(), new long[] {t.rows(), t.channels()}, new long[] {t.channels(), 1});
  }

  /// The tensor as one long vector.
  INDArray vector(Tensor t) {
    return view(t.address(), new long[] {t.size()}, new long[] {1});
  }

  float[] floats(Tensor t) {
    return vector(t).dup().data().asFloat();
  }

  /// Rows of a tensor's elements that start at `offset` and lie `pitch` apart.
  INDArray view(Tensor t, long offset, long rows, long columns, long pitch) {
    long address = t.address() + offset * Float.BYTES;
    return view(address, new long[] {rows, columns}, new long[] {pitch, 1});
  }

  private INDArray view(long address, long[] shape, long[] stride) {
    var entry = chunks.floorEntry(address);
    if (entry == null) {
      throw new IllegalStateException("nd4j: no chunk at address " + address);
    }
    long offset = (address - entry.getKey()) / Float.BYTES;
    return Nd4j.create(entry.getValue().buffer(), shape, stride, offset, 'c');
  }
}
