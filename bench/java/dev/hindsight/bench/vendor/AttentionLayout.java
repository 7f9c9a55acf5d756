package dev.hindsight.bench.vendor;

import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Causal attention as cuDNN is told of it. Without projections all its heads would see whole
/// vectors, so each head of each image is a sequence of its own, with one head.
///
/// @param batch images
/// @param length positions
/// @param width of a head
record AttentionLayout(int batch, int length, int heads, int width) {

  /// @param qkv (B,T,3C)
  static AttentionLayout of(Tensor qkv, int heads) {
    return new AttentionLayout(qkv.dim(0), qkv.dim(1), heads, qkv.dim(2) / 3 / heads);
  }

  int sequences() {
    return batch * heads;
  }

  int size() {
    return sequences() * length * width;
  }

  /// Where each position's window begins: at the first.
  int[] first() {
    return new int[length];
  }

  /// Where it ends, exclusive: behind itself.
  int[] behind() {
    return IntStream.rangeClosed(1, length).toArray();
  }

  /// Of all sequences.
  int[] lengths() {
    int[] lengths = new int[sequences()];
    Arrays.fill(lengths, length);
    return lengths;
  }

  /// A third of q, k and v, or other numbers (B,T,C): (B,H,T,D).
  ///
  /// @param numbers (B,T,parts·C)
  float[] apart(float[] numbers, int part, int parts) {
    float[] apart = new float[size()];
    for (int k = 0; k < apart.length; k++) {
      apart[k] = numbers[place(k, part, parts)];
    }
    return apart;
  }

  /// Puts them back.
  void join(float[] apart, int part, int parts, float[] numbers) {
    for (int k = 0; k < apart.length; k++) {
      numbers[place(k, part, parts)] = apart[k];
    }
  }

  private int place(int k, int part, int parts) {
    int position = k / width % length;
    int head = k / width / length % heads;
    int image = k / width / length / heads;
    int row = image * length + position;
    return (row * parts + part) * heads * width + head * width + k % width;
  }
}
