package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Copies between Java's arrays and tensors.
final class Transfer {
  private Transfer() {}

  static void write(Tensor dst, float[] src) {
    MemorySegment.copy(src, 0, Raw.ALL, ValueLayout.JAVA_FLOAT, dst.address(), src.length);
  }

  static void write(Tensor dst, double[] src) {
    for (int k = 0; k < src.length; k++) {
      Raw.put(Raw.at(dst.address(), k), (float) src[k]);
    }
  }

  static float[] floats(Tensor src) {
    float[] out = new float[Math.toIntExact(src.size())];
    MemorySegment.copy(Raw.ALL, ValueLayout.JAVA_FLOAT, src.address(), out, 0, out.length);
    return out;
  }

  static double[] doubles(Tensor src) {
    double[] out = new double[Math.toIntExact(src.size())];
    for (int k = 0; k < out.length; k++) {
      out[k] = Raw.get(Raw.at(src.address(), k));
    }
    return out;
  }
}
