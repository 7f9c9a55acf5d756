package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.DType;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Copies between Java's arrays and tensors; an id read or written as a real number is converted.
final class Transfer {
  private Transfer() {}

  static void write(Tensor dst, float[] src) {
    if (dst.dtype() == DType.F32) {
      MemorySegment.copy(src, 0, Raw.ALL, ValueLayout.JAVA_FLOAT, dst.address(), src.length);
    } else {
      for (int k = 0; k < src.length; k++) {
        Raw.putInt(Raw.at(dst.address(), k), (int) src[k]);
      }
    }
  }

  static void write(Tensor dst, double[] src) {
    boolean ids = dst.dtype() == DType.I32;
    for (int k = 0; k < src.length; k++) {
      long address = Raw.at(dst.address(), k);
      if (ids) {
        Raw.putInt(address, (int) src[k]);
      } else {
        Raw.put(address, (float) src[k]);
      }
    }
  }

  static void write(Tensor dst, int[] src) {
    if (dst.dtype() == DType.I32) {
      MemorySegment.copy(src, 0, Raw.ALL, ValueLayout.JAVA_INT, dst.address(), src.length);
    } else {
      for (int k = 0; k < src.length; k++) {
        Raw.put(Raw.at(dst.address(), k), src[k]);
      }
    }
  }

  static float[] floats(Tensor src) {
    float[] out = new float[Math.toIntExact(src.size())];
    if (src.dtype() == DType.F32) {
      MemorySegment.copy(Raw.ALL, ValueLayout.JAVA_FLOAT, src.address(), out, 0, out.length);
    } else {
      for (int k = 0; k < out.length; k++) {
        out[k] = Raw.getInt(Raw.at(src.address(), k));
      }
    }
    return out;
  }

  static double[] doubles(Tensor src) {
    double[] out = new double[Math.toIntExact(src.size())];
    boolean ids = src.dtype() == DType.I32;
    for (int k = 0; k < out.length; k++) {
      long address = Raw.at(src.address(), k);
      out[k] = ids ? Raw.getInt(address) : Raw.get(address);
    }
    return out;
  }

  static int[] ints(Tensor src) {
    int[] out = new int[Math.toIntExact(src.size())];
    if (src.dtype() == DType.I32) {
      MemorySegment.copy(Raw.ALL, ValueLayout.JAVA_INT, src.address(), out, 0, out.length);
    } else {
      for (int k = 0; k < out.length; k++) {
        out[k] = (int) Raw.get(Raw.at(src.address(), k));
      }
    }
    return out;
  }
}
