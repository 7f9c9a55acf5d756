package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Special registers hold what the PTX ISA, section 10, says: in each thread of a grid with three
/// extents, whose blocks end within a warp.
class SpecialsTest {
  private static final Dim3 GRID = new Dim3(3, 2, 2);
  private static final Dim3 BLOCK = new Dim3(5, 3, 5);

  /// Each thread leaves the register SPECIAL at its number in the grid.
  private static final String PTX =
      """
      .version 7.0
      .target sm_75
      .address_size 64
      .visible .entry k(.param .u64 out)
      {
      .reg .b32 %r<20>;
      .reg .b64 %rd<4>;
      ld.param.u64 %rd1, [out];
      mov.u32 %r1, %ctaid.z;
      mov.u32 %r2, %ctaid.y;
      mov.u32 %r3, %ctaid.x;
      mad.lo.s32 %r4, %r1, 2, %r2;
      mad.lo.s32 %r5, %r4, 3, %r3;
      mov.u32 %r6, %tid.z;
      mov.u32 %r7, %tid.y;
      mov.u32 %r8, %tid.x;
      mad.lo.s32 %r9, %r6, 3, %r7;
      mad.lo.s32 %r10, %r9, 5, %r8;
      mad.lo.s32 %r11, %r5, 75, %r10;
      mul.wide.u32 %rd2, %r11, 4;
      add.s64 %rd3, %rd1, %rd2;
      mov.u32 %r12, SPECIAL;
      st.global.u32 [%rd3], %r12;
      ret;
      }
      """;

  /// What a thread should have: the place of its block, and its number there, x fastest.
  interface Wanted {
    int of(Dim3 block, int thread);
  }

  private static Arguments special(String name, Wanted wanted) {
    return Arguments.of(name, wanted);
  }

  static Stream<Arguments> specials() {
    return Stream.of(
        special("%tid.x", (_, t) -> t % 5),
        special("%tid.y", (_, t) -> t / 5 % 3),
        special("%tid.z", (_, t) -> t / 15),
        special("%ntid.x", (_, _) -> 5),
        special("%ntid.y", (_, _) -> 3),
        special("%ntid.z", (_, _) -> 5),
        special("%ctaid.x", (b, _) -> b.x()),
        special("%ctaid.y", (b, _) -> b.y()),
        special("%ctaid.z", (b, _) -> b.z()),
        special("%nctaid.x", (_, _) -> 3),
        special("%nctaid.y", (_, _) -> 2),
        special("%nctaid.z", (_, _) -> 2),
        special("%laneid", (_, t) -> t % 32),
        special("%warpid", (_, t) -> t / 32),
        special("%lanemask_eq", (_, t) -> mask(t % 32, t % 32)),
        special("%lanemask_lt", (_, t) -> mask(0, t % 32 - 1)),
        special("%lanemask_le", (_, t) -> mask(0, t % 32)),
        special("%lanemask_gt", (_, t) -> mask(t % 32 + 1, 31)),
        special("%lanemask_ge", (_, t) -> mask(t % 32, 31)));
  }

  /// Bits `first` to `last`, none where that is before.
  private static int mask(int first, int last) {
    int bits = 0;
    for (int lane = first; lane <= last; lane++) {
      bits |= 1 << lane;
    }
    return bits;
  }

  @ParameterizedTest
  @MethodSource("specials")
  void holdWhatTheyShouldInEachThread(String name, Wanted wanted) {
    var device = new TestDevice(Options.standard(), PTX.replace("SPECIAL", name), "specials.ptx");
    int threads = Math.toIntExact(BLOCK.count());
    int[] expected = new int[Math.toIntExact(GRID.count()) * threads];
    for (int k = 0; k < expected.length; k++) {
      expected[k] = wanted.of(GRID.at(k / threads), k % threads);
    }
    long out = device.ints("out", new int[expected.length]);
    device.launch("k", GRID, BLOCK, out);
    assertThat(device.ints(out, expected.length)).containsExactly(expected);
  }
}
