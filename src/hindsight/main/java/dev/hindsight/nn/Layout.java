package dev.hindsight.nn;

import dev.hindsight.tensor.Shape;

/// How a parameter lies in memory, and how PyTorch has it in a checkpoint.
public sealed interface Layout {
  /// Shape in memory.
  Shape stored();

  /// Shape in a checkpoint.
  Shape torch();

  /// The values at `offset` of `flat` in PyTorch's order.
  float[] toTorch(float[] flat, int offset);

  /// Puts values in PyTorch's order to `offset` of `flat`.
  void fromTorch(float[] torch, float[] flat, int offset);

  /// The same order in both places, perhaps under another shape.
  record Plain(Shape stored, Shape torch) implements Layout {
    public Plain {
      if (stored.size() != torch.size()) {
        throw new IllegalArgumentException("layout: %s is no %s".formatted(stored, torch));
      }
    }

    public Plain(Shape stored) {
      this(stored, stored);
    }

    @Override
    public float[] toTorch(float[] flat, int offset) {
      float[] values = new float[Math.toIntExact(stored.size())];
      System.arraycopy(flat, offset, values, 0, values.length);
      return values;
    }

    @Override
    public void fromTorch(float[] torch, float[] flat, int offset) {
      System.arraycopy(torch, 0, flat, offset, torch.length);
    }
  }

  /// A convolution's weights: a matrix (O,I) per tap that exists in memory, the whole kernel
  /// (O,I,K) or (O,I,K,K) in a checkpoint, with zeros for taps that do not exist.
  final class Kernel implements Layout {
    private final int outputs;
    private final int inputs;
    private final int[] live;
    private final int taps;
    private final Shape torch;

    private Kernel(int outputs, int inputs, int[] live, int taps, Shape torch) {
      this.outputs = outputs;
      this.inputs = inputs;
      this.live = live;
      this.taps = taps;
      this.torch = torch;
    }

    /// Over sequences, all taps.
    public static Kernel ofWidth(int outputs, int inputs, int width) {
      int[] live = new int[width];
      for (int tap = 0; tap < width; tap++) {
        live[tap] = tap;
      }
      return new Kernel(outputs, inputs, live, width, Shape.of(outputs, inputs, width));
    }

    /// Over images.
    ///
    /// @param live the taps that exist, as row·width + column, in the order of memory
    public static Kernel ofSize(int outputs, int inputs, int height, int width, int[] live) {
      return new Kernel(
          outputs, inputs, live.clone(), height * width, Shape.of(outputs, inputs, height, width));
    }

    @Override
    public Shape stored() {
      return Shape.of(live.length, outputs, inputs);
    }

    @Override
    public Shape torch() {
      return torch;
    }

    @Override
    public float[] toTorch(float[] flat, int offset) {
      float[] values = new float[Math.toIntExact(torch.size())];
      int next = offset;
      for (int tap : live) {
        for (int row = 0; row < outputs * inputs; row++) {
          values[row * taps + tap] = flat[next++];
        }
      }
      return values;
    }

    @Override
    public void fromTorch(float[] values, float[] flat, int offset) {
      int next = offset;
      for (int tap : live) {
        for (int row = 0; row < outputs * inputs; row++) {
          flat[next++] = values[row * taps + tap];
        }
      }
    }
  }
}
