package dev.hindsight.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.tensor.Shape;
import org.junit.jupiter.api.Test;

class LayoutTest {
  @Test
  void aKernelIsATapMajorStackOfMatricesInMemory() {
    // PyTorch's Conv1d weight (2,3,2) counts up; memory holds tap 0's matrix, then tap 1's.
    float[] torch = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    Layout layout = Layout.Kernel.ofWidth(2, 3, 2);
    float[] flat = new float[14];
    layout.fromTorch(torch, flat, 1);
    assertThat(flat).containsExactly(0, 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11, 0);
    assertThat(layout.toTorch(flat, 1)).containsExactly(torch);
    assertThat(layout.stored()).isEqualTo(Shape.of(2, 2, 3));
    assertThat(layout.torch()).isEqualTo(Shape.of(2, 3, 2));
  }

  @Test
  void tapsThatDoNotExistAreZerosForPyTorchAndAreDroppedWhenRead() {
    Layout layout = Layout.Kernel.ofSize(1, 2, 3, 3, new int[] {0, 4});
    float[] flat = {1, 2, 3, 4};
    float[] torch = layout.toTorch(flat, 0);
    assertThat(torch).containsExactly(1, 0, 0, 0, 3, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0);
    torch[8] = 99;
    float[] back = new float[4];
    layout.fromTorch(torch, back, 0);
    assertThat(back).containsExactly(flat);
    assertThat(layout.torch()).isEqualTo(Shape.of(1, 2, 3, 3));
  }
}
