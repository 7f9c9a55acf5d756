package dev.hindsight.backend.cpu.loops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Between floats and bf16, bit by bit as [ElementType] has it.
class Bf16LoopsTest {
  private static final int COUNT = (1 << 16) + 3; // with some left over

  /// What lies between, and on, all neighbours in bf16, and any other bits.
  private static float value(int k, SplittableRandom random) {
    int upper = k << 16;
    return Float.intBitsToFloat(
        switch (k % 5) {
          case 0 -> upper;
          case 1 -> upper | 0x7fff;
          case 2 -> upper | 0x8000;
          case 3 -> upper | 0x8001;
          default -> random.nextInt();
        });
  }

  @Test
  void roundAsTheTypeDoes() {
    SplittableRandom random = new SplittableRandom(3);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(COUNT * 4L, 64);
      MemorySegment halves = arena.allocate(COUNT * 2L + 2, 64);
      for (int k = 0; k < COUNT; k++) {
        Native.put(floats.address(), k, value(k, random));
      }
      Native.putShort(halves.address() + COUNT * 2L, (short) 77);
      Bf16Loops.round(floats.address(), halves.address(), COUNT);
      for (int k = 0; k < COUNT; k++) {
        float exact = Native.get(floats.address(), k);
        assertThat(Native.getShort(halves.address() + k * 2L))
            .as("%s", exact)
            .isEqualTo(ElementType.toBf16(exact));
      }
      assertThat(Native.getShort(halves.address() + COUNT * 2L)).isEqualTo((short) 77);
    }
  }

  @Test
  void widenEveryNumberExactly() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment halves = arena.allocate(COUNT * 2L, 64);
      MemorySegment floats = arena.allocate(COUNT * 4L, 64);
      for (int k = 0; k < COUNT; k++) {
        Native.putShort(halves.address() + k * 2L, (short) k);
      }
      Bf16Loops.widen(halves.address(), floats.address(), COUNT);
      for (int k = 0; k < COUNT; k++) {
        float got = Native.get(floats.address(), k);
        assertThat(Float.floatToRawIntBits(got)).isEqualTo(k << 16);
      }
    }
  }

  @Test
  void seeWhatIsNotFinite() {
    int rows = 3;
    int columns = 37;
    int pitch = 41;
    try (Arena arena = Arena.ofConfined()) {
      long halves = arena.allocate(2L * rows * pitch, 64).address();
      for (int k = 0; k < rows * pitch; k++) {
        Native.putShort(halves + k * 2L, ElementType.toBf16(3e38f));
      }
      for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
        for (int k = 0; k < rows * pitch; k++) {
          short before = Native.getShort(halves + k * 2L);
          Native.putShort(halves + k * 2L, ElementType.toBf16(bad));
          assertThat(Bf16Loops.allFinite(halves, columns))
              .as("%s at %d, a row", bad, k)
              .isEqualTo(k >= columns);
          assertThat(Bf16Loops.allFinite(halves, rows, columns, pitch))
              .as("%s at %d, rows", bad, k)
              .isEqualTo(k % pitch >= columns);
          Native.putShort(halves + k * 2L, before);
        }
      }
    }
  }
}
