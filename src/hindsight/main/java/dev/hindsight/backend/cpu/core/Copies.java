package dev.hindsight.backend.cpu.core;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Fills and copies inside this backend's memory, and between it and Java's arrays.
public final class Copies {
  private final Engine engine;
  private final Shares shares;

  public Copies(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  public void fill(Tensor dst, float value) {
    if (dst.type() == ElementType.INT32) {
      int[] all = new int[Math.toIntExact(dst.size())];
      Arrays.fill(all, (int) value);
      write(dst, all);
      return;
    }
    Stored stored = engine.stored(dst);
    long to = dst.address();
    shares.over(
        stored,
        1,
        dst.size(),
        (room, o, size) -> {
          long floats = stored.floats(stored.at(to, o), room);
          Loops.fill(value, floats, size);
          stored.store(floats, stored.at(to, o), size);
        });
  }

  public void copy(Tensor src, Tensor dst) {
    Stored stored = engine.stored(dst);
    long from = src.address();
    long to = dst.address();
    if (src.type() == dst.type()) {
      shares.over(
          stored,
          0,
          src.size(),
          (_, o, size) -> stored.copy(stored.at(from, o), stored.at(to, o), size));
    } else if (src.type() == ElementType.FP32) {
      shares.over(
          stored,
          0,
          src.size(),
          (_, o, size) -> stored.round(Native.at(from, o), stored.at(to, o), size));
    } else {
      throw new IllegalArgumentException(
          "cpu: %s cannot be copied onto %s, which is of another type".formatted(src, dst));
    }
  }

  /// Some numbers of every row; so few that one thread is best.
  public void copyColumns(Tensor src, int from, Tensor dst, int to, int count) {
    Stored stored = engine.stored(dst);
    for (int n = 0; n < src.rows(); n++) {
      stored.copy(
          stored.at(src.address(), n, src.channels(), from),
          stored.at(dst.address(), n, dst.channels(), to),
          count);
    }
  }

  // ---- between Java's arrays and tensors, rounded to their type

  public void write(Tensor dst, float[] src) {
    if (dst.type() == ElementType.FP32) {
      MemorySegment.copy(src, 0, Native.ALL, ValueLayout.JAVA_FLOAT, dst.address(), src.length);
      return;
    }
    Stored stored = engine.stored(dst);
    for (int k = 0; k < src.length; k++) {
      stored.put(stored.at(dst.address(), k), src[k]);
    }
  }

  public void write(Tensor dst, double[] src) {
    float[] floats = new float[src.length];
    for (int k = 0; k < src.length; k++) {
      floats[k] = (float) src[k];
    }
    write(dst, floats);
  }

  public static void write(Tensor dst, int[] src) {
    MemorySegment.copy(src, 0, Native.ALL, ValueLayout.JAVA_INT, dst.address(), src.length);
  }

  public static int[] ints(Tensor src) {
    int[] out = new int[Math.toIntExact(src.size())];
    MemorySegment.copy(Native.ALL, ValueLayout.JAVA_INT, src.address(), out, 0, out.length);
    return out;
  }

  public float[] floats(Tensor src) {
    float[] out = new float[Math.toIntExact(src.size())];
    if (src.type() == ElementType.FP32) {
      MemorySegment.copy(Native.ALL, ValueLayout.JAVA_FLOAT, src.address(), out, 0, out.length);
      return out;
    }
    Stored stored = engine.stored(src);
    for (int k = 0; k < out.length; k++) {
      out[k] = stored.get(stored.at(src.address(), k));
    }
    return out;
  }

  public double[] doubles(Tensor src) {
    float[] floats = floats(src);
    double[] out = new double[floats.length];
    Arrays.setAll(out, k -> floats[k]);
    return out;
  }
}
