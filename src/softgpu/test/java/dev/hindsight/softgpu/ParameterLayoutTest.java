package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.device.Kernel;
import org.junit.jupiter.api.Test;

/// Where parameters lie. The offsets are those that ptxas makes of the same text.
class ParameterLayoutTest {
  private static Kernel kernel(String parameters) {
    String ptx =
        ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry k(%s) { ret; }\n"
            .formatted(parameters);
    return new TestDevice(Options.standard(), ptx, "parameters.ptx").kernel("k");
  }

  @Test
  void theAlignmentOfAPointeeIsNotThatOfItsPointer() {
    Kernel kernel =
        kernel(
            ".param .u64 .ptr .global .align 16 a, .param .u64 .ptr .global .align 16 b,"
                + " .param .align 16 .b8 c[8], .param .u32 d");
    assertThat(kernel.parameters())
        .containsExactly(
            new KernelParameter("a", 0, 8, 8),
            new KernelParameter("b", 8, 8, 8),
            new KernelParameter("c", 16, 8, 16),
            new KernelParameter("d", 24, 4, 4));
    assertThat(kernel.parameterBytes()).isEqualTo(28);
  }
}
