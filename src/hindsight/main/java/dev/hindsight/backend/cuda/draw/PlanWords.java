package dev.hindsight.backend.cuda.draw;

import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Ints of a plan; a pointer takes two.
final class PlanWords {
  private int[] words = new int[1 << 10];
  private int size;

  IntStream stream() {
    return Arrays.stream(words, 0, size);
  }

  int size() {
    return size;
  }

  PlanWords putInt(int word) {
    if (size == words.length) {
      words = Arrays.copyOf(words, 2 * size);
    }
    words[size++] = word;
    return this;
  }

  PlanWords put(@Nullable Tensor tensor) {
    long address = tensor == null ? 0 : tensor.address();
    return putInt((int) address).putInt((int) (address >>> Integer.SIZE));
  }
}
