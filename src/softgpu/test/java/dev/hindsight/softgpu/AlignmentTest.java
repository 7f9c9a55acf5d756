package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Kind;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Accesses that are wider than their variable is declared, which today's layout aligns all the
/// same.
class AlignmentTest {
  private static final int BYTES = 64;

  /// Stores `width` bytes to the start of dynamic shared memory, declared with `align`.
  private static String kernel(int align, int width) {
    String type = width == 16 ? "v4.f32" : width == 8 ? "v2.f32" : "f32";
    String value = width == 16 ? "{%f1, %f1, %f1, %f1}" : width == 8 ? "{%f1, %f1}" : "%f1";
    return """
    .version 6.3
    .target sm_75
    .address_size 64
    .extern .shared .align %d .b8 room[];
    .visible .entry store()
    {
      .reg .f32 %%f<2>;
      .reg .b32 %%r<2>;
      mov.f32 %%f1, 0f3F800000;
      mov.u32 %%r1, room;
      st.shared.%s [%%r1], %s;
      ret;
    }
    """
        .formatted(align, type, value);
  }

  private static void run(String ptx, Set<Check> checks) {
    new TestDevice(Options.standard().withChecks(checks), ptx, "store.ptx")
        .launch("store", new Dim3(1), new Dim3(1), BYTES, false, List.of());
  }

  @ParameterizedTest
  @CsvSource({"4, 8", "4, 16", "8, 16", "1, 4", "2, 8"})
  void anAccessWiderThanItsVariableIsDeclaredIsFound(int align, int width) {
    DeviceFault thrown =
        catchThrowableOfType(
            DeviceFault.class, () -> run(kernel(align, width), Check.named("standard,alignment")));
    assertThat(thrown).isNotNull();
    assertThat(thrown.findings()).hasSize(1);
    assertThat(thrown.first().kind()).isEqualTo(Kind.UNDER_ALIGNED);
    assertThat(thrown.first().headline())
        .isEqualTo("Under-aligned __shared__ write of size " + width + " bytes");
    assertThat(thrown.first().details())
        .containsExactly(
            "\"dynamic shared memory\" is declared with an alignment of "
                + align
                + " bytes; only its place today makes it more",
            "declare it alignas(" + width + ")");
  }

  @ParameterizedTest
  @CsvSource({"4, 4", "8, 8", "16, 16", "16, 8", "128, 16"})
  void oneThatItIsDeclaredForIsNot(int align, int width) {
    run(kernel(align, width), Check.named("all"));
  }

  @Test
  void itIsOnlyLookedForWhereSomebodyAsks() {
    run(kernel(4, 16), Check.standard());
  }
}
