package dev.hindsight.tensor;

import static dev.hindsight.tensor.ElementType.BF16;
import static dev.hindsight.tensor.ElementType.FP32;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementTypeTest {
  @Test
  void everyBf16IsItsOwnNearest() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = ElementType.ofBf16((short) bits);
      if (Float.isNaN(value)) {
        assertThat(BF16.round(value)).isNaN();
      } else {
        assertThat(ElementType.toBf16(value)).isEqualTo((short) bits);
      }
    }
  }

  /// 8 bits of significand: a step is 2^-7 from 1 on.
  @ParameterizedTest
  @CsvSource({
    "0x1.00p0, 0x1.00p0",
    "0x1.01p0, 0x1.00p0",
    "0x1.0101p0, 0x1.02p0",
    "0x1.03p0, 0x1.04p0",
    "-0x1.03p0, -0x1.04p0",
    "0x1.feffp0, 0x1.fep0",
    "0x1.ffp0, 0x1.0p1",
    "0x1.fffffep127, Infinity",
    "0x0.00fp-126, 0x0.00p-126",
    "0x0.01p-126, 0x0.00p-126",
    "0x0.03p-126, 0x0.04p-126",
    "-Infinity, -Infinity",
    "-0.0, -0.0"
  })
  void roundsToTheNearestAndOfTwoToTheEven(float value, float rounded) {
    assertThat(BF16.round(value)).isEqualTo(rounded);
    assertThat(FP32.round(value)).isEqualTo(value);
  }

  @Test
  void aTensorsBytesFollowItsType() {
    Memory none =
        new Memory() {
          @Override
          public long reserve(long bytes, String label) {
            return 1 << 20;
          }

          @Override
          public void release(long address) {}

          @Override
          public void zero(long address, long bytes) {
            assertThat(bytes).isEqualTo(10);
          }
        };
    try (ScopePool pool = new ScopePool(none);
        Scope scope = pool.open("test")) {
      Tensor a = scope.tensor(BF16, 200);
      Tensor b = scope.tensor(BF16, 1);
      assertThat(a.bytes()).isEqualTo(400);
      assertThat(b.address() - a.address()).isEqualTo(512);
      Tensor part = a.part(3, Shape.of(5));
      assertThat(part.address() - a.address()).isEqualTo(6);
      assertThat(part.type()).isEqualTo(BF16);
      assertThat(part).hasToString("(5) of BF16 in 'test'");
      scope.clear(part);
      assertThat(scope.floats(7).part(3, Shape.of(4)).type()).isEqualTo(FP32);
    }
  }
}
