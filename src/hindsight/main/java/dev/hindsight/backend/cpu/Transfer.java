package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Copies between Java's arrays and tensors, rounded to their type.
final class Transfer {
  private Transfer() {}

  static void write(Tensor dst, float[] src) {
    if (dst.type() == ElementType.BF16) {
      for (int k = 0; k < src.length; k++) {
        Raw.putShort(dst.address() + (long) k * Short.BYTES, ElementType.toBf16(src[k]));
      }
      return;
    }
    MemorySegment.copy(src, 0, Raw.ALL, ValueLayout.JAVA_FLOAT, dst.address(), src.length);
  }

  static void write(Tensor dst, double[] src) {
    float[] floats = new float[src.length];
    for (int k = 0; k < src.length; k++) {
      floats[k] = (float) src[k];
    }
    write(dst, floats);
  }

  static float[] floats(Tensor src) {
    float[] out = new float[Math.toIntExact(src.size())];
    if (src.type() == ElementType.BF16) {
      for (int k = 0; k < out.length; k++) {
        out[k] = ElementType.ofBf16(Raw.getShort(src.address() + (long) k * Short.BYTES));
      }
      return out;
    }
    MemorySegment.copy(Raw.ALL, ValueLayout.JAVA_FLOAT, src.address(), out, 0, out.length);
    return out;
  }

  static double[] doubles(Tensor src) {
    float[] floats = floats(src);
    double[] out = new double[floats.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = floats[k];
    }
    return out;
  }
}
