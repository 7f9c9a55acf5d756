package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.OutOfDeviceMemory;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Allocations whose places no int can tell apart.
class LargeAllocationTest {
  private static final long GB = 1L << 30;
  private static final long SIZE = 5 * GB + 4;

  private static String ptx(String body) {
    return """
    .version 7.0
    .target sm_80
    .address_size 64
    .visible .entry k(.param .u64 d, .param .u64 stride)
    {
      .reg .pred %p<3>;
      .reg .b32 %r<9>;
      .reg .b64 %rd<9>;
      ld.param.u64 %rd1, [d];
      ld.param.u64 %rd2, [stride];
      mov.u32 %r1, %tid.x;
      mul.wide.u32 %rd3, %r1, 4;
      cvt.u64.u32 %rd4, %r1;
      mul.lo.s64 %rd4, %rd4, %rd2;
      add.s64 %rd5, %rd1, %rd4;
    """
        + body
        + "ret;\n}\n";
  }

  private static TestDevice device(String body) {
    Options options = Options.standard().withChecks(Check.named("all"));
    return new TestDevice(options, ptx(body), "large");
  }

  /// Lanes of one warp, each in another part; one pair of neighbours lies astride 2 GB.
  @ParameterizedTest
  @CsvSource({"167772160, 0", "4, 2147483632", "4, 4294967280", "4, 5368708996"})
  void aWarpStoresAndLoadsAnywhere(long stride, long start) throws IOException {
    long before = resident();
    TestDevice device = device("add.u32 %r2, %r1, 7; st.global.u32 [%rd5], %r2; ");
    long large = device.memory().allocate(SIZE, "large");
    device.launch("k", new Dim3(1), new Dim3(32), large + start, stride);
    int[] each = new int[1];
    for (int lane = 0; lane < 32; lane++) {
      long at = start + lane * stride;
      device.memory().copyOut(large + at, MemorySegment.ofArray(each), 4);
      assertThat(each[0]).as("lane %d at %,d", lane, at).isEqualTo(lane + 7);
    }
    Allocation found = Objects.requireNonNull(device.memory().find(large, SIZE));
    assertThat(found.unwritten(start + 31 * stride, 4)).isZero();
    assertThat(found.isWritten()).isFalse();
    assertThat(resident() - before).as("bytes of RAM").isLessThan(GB);
    device.memory().free(large);
    assertThat(device.memory().usedBytes()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "UNINITIALISED, 'ld.global.u32 %r2, [%rd5]; add.u32 %r2, %r2, 1; st.global.u32 [%rd1], %r2;'",
    "OUT_OF_BOUNDS, 'st.global.u32 [%rd5+1073741828], %r1;'",
    "MISALIGNED, 'st.global.u32 [%rd5+1], %r1;'",
    "GLOBAL_RACE, 'st.global.u32 [%rd5], %r1;'"
  })
  void faultsFarBehindAreFound(Kind kind, String body) {
    TestDevice device = device(body);
    long large = device.memory().allocate(SIZE, "large");
    int blocks = kind == Kind.GLOBAL_RACE ? 2 : 1;
    DeviceFault fault =
        catchThrowableOfType(
            DeviceFault.class,
            () -> device.launch("k", new Dim3(blocks), new Dim3(1), large + 4 * GB, 0L));
    assertThat(fault).as("nothing is found").isNotNull();
    Finding first = fault.first();
    assertThat(first.kind()).isEqualTo(kind);
    assertThat(first.details().getFirst())
        .contains(kind == Kind.OUT_OF_BOUNDS ? "0 bytes after the end" : "at +4,294,967,29");
  }

  @Test
  void copiesAndFillsReachFarBehind() {
    DeviceMemory memory = new DeviceMemory(16 * GB);
    long large = memory.allocate(SIZE, "large");
    long other = memory.allocate(3 * GB, "other");
    memory.fill(large + 2 * GB - 6, 4, 0x01020304, 3);
    memory.copy(other + 2 * GB + 2, large + 2 * GB - 6, 12);
    int[] got = new int[3];
    memory.copyOut(other + 2 * GB + 2, MemorySegment.ofArray(got), 12);
    assertThat(got).containsOnly(0x01020304);
    Allocation copied = Objects.requireNonNull(memory.find(other, 1));
    assertThat(copied.unwritten(2 * GB + 1, 14)).isEqualTo(1 | 1 << 13);
    memory.free(large);
    assertThat(memory.usedBytes()).isEqualTo(3 * GB);
    assertThat(memory.allocate(13 * GB, "all the rest")).isGreaterThan(other);
    assertThatThrownBy(() -> memory.allocate(1, "one more"))
        .isInstanceOf(OutOfDeviceMemory.class)
        .hasMessage("wanted 1 bytes for \"one more\", 0 of 17,179,869,184 are free");
  }

  private static long resident() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]) * 4096;
  }
}
