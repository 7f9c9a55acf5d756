package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.BackendException;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// After a kernel has failed, the backend says so in one line and can be opened anew.
class CudaFaultTest {
  @Test
  void aFailedKernelEndsThisBackendButNotTheNext() {
    CudaBackend gpu = SoftwareGpu.open(8);
    var scope = gpu.open("fault");
    Tensor t = scope.zeros(4);
    // beyond the end of everything that was reserved
    Tensor wild = new Tensor(scope, t.address() + (1L << 40), Shape.of(4));
    assertThatThrownBy(() -> gpu.add().accumulate(t, wild))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("accumulate on a grid of 1 x 1")
        .hasMessageContaining("if you launch kernels of your own")
        .message()
        .doesNotContain("\n");
    scope.close();
    gpu.close(); // does not throw the fault again
    SoftwareGpu.forgetFindings();
    try (CudaBackend next = SoftwareGpu.open(8);
        var fresh = next.open("fresh")) {
      Tensor ones = fresh.floats(4);
      next.fill(ones, 1);
      next.add().accumulate(ones, ones);
      assertThat(next.readFloats(ones)).containsOnly(2);
    }
  }
}
