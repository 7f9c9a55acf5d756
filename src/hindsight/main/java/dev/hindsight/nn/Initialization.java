package dev.hindsight.nn;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;

/// How a layer's parameters start. Drawn on the host, so every backend starts from the same bits.
public enum Initialization {
  /// What PyTorch's `nn.Linear` and `nn.Conv` do: weight and bias from U(-1/√fanIn, 1/√fanIn),
  /// where fanIn counts all inputs, those behind a mask too (Kaiming uniform with a = √5).
  TORCH {
    @Override
    float[] weightRow(RandomKey key, int inputs, int live, float gain) {
      return uniform(key, inputs, 1 / Math.sqrt(inputs));
    }

    @Override
    float[] bias(RandomKey key, int outputs, int inputs) {
      return uniform(key, outputs, 1 / Math.sqrt(inputs));
    }
  },

  /// Normal weights of variance gain/live, where `live` counts the inputs that an output really
  /// sees (He et al. 2015; gain 2 before a ReLU, else 1), and zero biases. A masked unit sees half
  /// of its inputs on average and few at low degree, so PyTorch's bound starts it far too small.
  HE {
    @Override
    float[] weightRow(RandomKey key, int inputs, int live, float gain) {
      double[] normals = Philox.normals(key, inputs);
      double std = Math.sqrt(gain / Math.max(1.0, live));
      float[] row = new float[inputs];
      for (int i = 0; i < inputs; i++) {
        row[i] = (float) (std * normals[i]);
      }
      return row;
    }

    @Override
    float[] bias(RandomKey key, int outputs, int inputs) {
      return new float[outputs];
    }
  };

  /// The weights of one output.
  ///
  /// @param live how many of the inputs exist for it
  abstract float[] weightRow(RandomKey key, int inputs, int live, float gain);

  abstract float[] bias(RandomKey key, int outputs, int inputs);

  /// The weights (O,I) of a layer all of which exist.
  float[] weights(RandomKey key, int outputs, int inputs) {
    float[] w = new float[Math.multiplyExact(outputs, inputs)];
    for (int o = 0; o < outputs; o++) {
      System.arraycopy(weightRow(key.fold(o), inputs, inputs, 1), 0, w, o * inputs, inputs);
    }
    return w;
  }

  private static float[] uniform(RandomKey key, int size, double bound) {
    float[] values = Philox.uniforms(key, size);
    for (int i = 0; i < size; i++) {
      values[i] = (float) (bound * (2.0 * values[i] - 1));
    }
    return values;
  }
}
