package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kernel with a mistake is found out, at the right `.cu` line and with the right words.
class FaultyKernelsTest {
  private static final int N = 64;

  /// A kernel, what is found, the `.cu` text of the line, and what the report must also say.
  record Fault(String kernel, Kind kind, String line, List<String> says) {
    Fault(String kernel, Kind kind, String line, String... says) {
      this(kernel, kind, line, List.of(says));
    }

    @Override
    public String toString() {
      return kernel;
    }
  }

  static Stream<Fault> memory() {
    return Stream.of(
        new Fault(
            "write_past_end",
            Kind.OUT_OF_BOUNDS,
            "x[threadIdx.x + 1] = 1.0f",
            "Invalid __global__ write of size 4 bytes",
            "0 bytes after the end of",
            "\"x\"",
            "by thread (63,0,0) in block (0,0,0), warp 1, lane 31"),
        new Fault(
            "read_before_start",
            Kind.OUT_OF_BOUNDS,
            "x[(int)threadIdx.x - 1]",
            "Invalid __global__ read",
            "4 bytes before the nearest allocation",
            "thread (0,0,0)"),
        new Fault("far_away", Kind.OUT_OF_BOUNDS, "(1 << 28)", "and 63 more"),
        new Fault("null_pointer", Kind.OUT_OF_BOUNDS, "nothing[threadIdx.x]", "Address 0x0 "),
        new Fault("host_like_pointer", Kind.OUT_OF_BOUNDS, "0x5500deadbee0", "0x5500deadbee0"),
        new Fault(
            "vector_past_end",
            Kind.OUT_OF_BOUNDS,
            "x[threadIdx.x];",
            "read of size 16 bytes",
            "thread (16,0,0)"),
        new Fault("misaligned_word", Kind.MISALIGNED, "(x + 1 + 4", "is misaligned", "at +1,"),
        new Fault("misaligned_vector", Kind.MISALIGNED, "(x + 1)", "size 16 bytes"),
        new Fault(
            "read_unwritten",
            Kind.UNINITIALISED,
            "y[threadIdx.x]",
            "Uninitialized __global__ memory read of size 4 bytes",
            "\"y\"",
            "and 63 more"),
        new Fault(
            "read_unwritten_tail", Kind.UNINITIALISED, "x[threadIdx.x] = y", "thread (63,0,0)"),
        new Fault(
            "shared_unwritten",
            Kind.UNINITIALISED,
            "= s[threadIdx.x]",
            "Uninitialized __shared__ memory read",
            "thread (5,0,0)",
            "at +20,"),
        new Fault(
            "shared_past_end",
            Kind.OUT_OF_BOUNDS,
            "(n == 64 ? 1 : 0)",
            "Invalid __shared__ write of size 4 bytes",
            "0 bytes after the end of",
            "thread (63,0,0)"),
        new Fault(
            "dynamic_shared_past_end",
            Kind.OUT_OF_BOUNDS,
            "d[threadIdx.x + 1]",
            "after the end of \"dynamic shared memory\", 256 bytes"),
        new Fault(
            "shared_misaligned", Kind.MISALIGNED, "(s + n / 64)", "__shared__ read of size 16"),
        new Fault(
            "shared_aligned_by_luck",
            Kind.UNDER_ALIGNED,
            "(s + threadIdx.x % 16 * 4)",
            "Under-aligned __shared__ read of size 16 bytes",
            "is declared with an alignment of 4 bytes",
            "declare it alignas(16)"),
        new Fault(
            "shared_pairs_aligned_by_luck",
            Kind.UNDER_ALIGNED,
            "(p + threadIdx.x % 32 * 2)",
            "Under-aligned __shared__ write of size 8 bytes"),
        new Fault(
            "global_aligned_by_luck",
            Kind.UNDER_ALIGNED,
            "(weights + threadIdx.x % 16 * 4)",
            "Under-aligned __global__ read of size 16 bytes",
            "\"weights\""),
        new Fault(
            "local_unwritten",
            Kind.UNINITIALISED,
            "l[(threadIdx.x + n) % 8]",
            "Uninitialized __local__ memory read",
            "thread (7,0,0)"),
        new Fault("local_past_end", Kind.OUT_OF_BOUNDS, "(threadIdx.x % 8) + n", "__local__ read"),
        new Fault("divide_by_zero", Kind.DIVISION_BY_ZERO, "- 3)", "64 / 0", "thread (3,0,0)"),
        new Fault("remainder_by_zero", Kind.DIVISION_BY_ZERO, ">> 5)", "and 31 more"),
        new Fault("constant_past_end", Kind.OUT_OF_BOUNDS, "table[threadIdx.x]", "\"table\""),
        new Fault("write_constant", Kind.READ_ONLY, "t[threadIdx.x % 4]", "is read-only"),
        new Fault("atomic_past_end", Kind.OUT_OF_BOUNDS, "atomicAdd(x + n", "__global__ atomic"),
        new Fault("atomic_unwritten", Kind.UNINITIALISED, "atomicAdd(y, 1)", "\"y\""),
        new Fault("generic_past_end", Kind.OUT_OF_BOUNDS, "either[threadIdx.x + n]", "\"x\""));
  }

  static Stream<Fault> threads() {
    return Stream.of(
        new Fault(
            "missing_barrier",
            Kind.SHARED_RACE,
            "s[63 - threadIdx.x]",
            "Race in __shared__ memory: read after write",
            "the other write was by thread",
            "faulty_threads.cu:7"),
        new Fault(
            "missing_second_barrier",
            Kind.SHARED_RACE,
            "s[(threadIdx.x + 32) % 64]",
            "read after write",
            "s[threadIdx.x] = x[threadIdx.x] + i"),
        new Fault(
            "two_writers", Kind.SHARED_RACE, "s[0] = (float)threadIdx.x", "write after write"),
        new Fault("warp_level", Kind.SHARED_RACE, "s[threadIdx.x ^ 1]", "(warp level)"),
        new Fault(
            "plain_beside_atomic", Kind.SHARED_RACE, "x[threadIdx.x] = s;", "read after write"),
        new Fault("bytes_race", Kind.SHARED_RACE, "s[threadIdx.x ^ 33]", "read after write"),
        new Fault(
            "divergent_barrier",
            Kind.DIVERGENT_BARRIER,
            "if (threadIdx.x < 17) __syncthreads()",
            "only 17 of 64 threads reached bar.sync"),
        new Fault(
            "early_exit", Kind.DIVERGENT_BARRIER, "__syncthreads();", "only 40 of 64 threads"),
        new Fault(
            "two_barriers",
            Kind.DIVERGENT_BARRIER,
            "bar.sync 0",
            "wait at different bar.sync",
            "others wait at"),
        new Fault("barrier_count", Kind.DIVERGENT_BARRIER, "bar.sync 1, 96", "only 64 of 64"),
        new Fault(
            "shuffle_not_in_mask",
            Kind.BAD_MASK,
            "0x0000ffff",
            "Bad member mask 0x0000ffff",
            "lane 16 executes it"),
        new Fault(
            "shuffle_inactive_lane",
            Kind.INACTIVE_LANE,
            "__shfl_sync(0x0000ffff, v, 20)",
            "lane 0 reads lane 20"),
        new Fault(
            "shuffle_exited_lane", Kind.INACTIVE_LANE, "__shfl_down_sync", "lane 30 reads lane 31"),
        new Fault(
            "shuffle_never_meets",
            Kind.DIVERGENT_BARRIER,
            "__syncthreads()",
            "wait at shfl.sync.bfly.b32",
            "member mask 0xffffffff"),
        new Fault("syncwarp_not_in_mask", Kind.BAD_MASK, "__syncwarp(1)", "bar.warp.sync"),
        new Fault(
            "ballots_never_meet", Kind.DEADLOCK, "_sync(0xffffffff, 1)", "wait for each other"),
        new Fault(
            "no_async_wait",
            Kind.MISSING_ASYNC_WAIT,
            "y[threadIdx.x] = s[threadIdx.x]",
            "Missing cp.async wait",
            "the copy was started by thread (0,0,0)"),
        new Fault(
            "async_wait_too_late", Kind.MISSING_ASYNC_WAIT, "s[64 + threadIdx.x]", "cp.async"),
        new Fault("async_no_barrier", Kind.SHARED_RACE, "s[63 - threadIdx.x]", "read after write"),
        new Fault("spins_for_ever", Kind.NEVER_ENDS, "while (x[0] != 12345)", "never ends"),
        new Fault(
            "assertion", Kind.ASSERTION, "__assertfail(", "x is sorted", "faulty_threads.cu:7"),
        new Fault("traps", Kind.TRAP, "__trap()", "thread (3,0,0)"));
  }

  @ParameterizedTest
  @MethodSource("memory")
  void findsMistakesInMemory(Fault fault) {
    check(fault, "faulty_memory.ptx", new Dim3(1), Options.standard());
  }

  @ParameterizedTest
  @MethodSource("threads")
  void findsMistakesBetweenThreads(Fault fault) {
    check(fault, "faulty_threads.ptx", new Dim3(1), Options.standard().withStepBudget(200_000));
  }

  @ParameterizedTest
  @MethodSource("threads")
  void findsThemUnderShuffledSchedulesToo(Fault fault) {
    Options options = Options.standard().withStepBudget(200_000).withScheduleSeed(77);
    DeviceFault thrown = launch(fault, "faulty_threads.ptx", new Dim3(1), options);
    assertThat(thrown.findings()).extracting(Finding::kind).contains(fault.kind);
    assertThat(thrown.getMessage()).contains("schedule seed 77");
  }

  @ParameterizedTest
  @MethodSource("raceBetweenBlocks")
  void findsRacesBetweenBlocksWhenAsked(Fault fault) {
    check(
        fault,
        "faulty_memory.ptx",
        new Dim3(2),
        Options.standard().withChecks(EnumSet.allOf(Check.class)));
  }

  static Stream<Fault> raceBetweenBlocks() {
    return Stream.of(
        new Fault(
            "blocks_race",
            Kind.GLOBAL_RACE,
            "x[0] = (float)blockIdx.x",
            "Race in __global__ memory",
            "block (0,0,0) touched it too"));
  }

  private static void check(Fault fault, String file, Dim3 grid, Options options) {
    DeviceFault thrown = launch(fault, file, grid, options);
    Finding found =
        thrown.findings().stream()
            .filter(f -> f.kind() == fault.kind)
            .findFirst()
            .orElseThrow(
                () -> new AssertionError("wanted " + fault.kind + ", got " + thrown.getMessage()));
    assertThat(found.kernel()).isEqualTo(fault.kernel);
    assertThat(found.site().file()).isEqualTo(file.replace(".ptx", ".cu"));
    assertThat(found.site().source()).contains(fault.line);
    assertThat(found.report()).contains(fault.says);
    assertThat(found.hostStack()).isNotEmpty();
  }

  private static DeviceFault launch(Fault fault, String file, Dim3 grid, Options options) {
    TestDevice device = TestDevice.of(options, file);
    float[] values = new float[N];
    IntStream.range(0, N).forEach(i -> values[i] = i);
    long x = device.floats("x", values);
    long y = device.memory().allocate(N * 4L, "y");
    Object[] parameters =
        device.kernel(fault.kernel).parameters().size() == 3
            ? new Object[] {x, y, N}
            : new Object[] {x, N};
    DeviceFault thrown =
        catchThrowableOfType(
            DeviceFault.class,
            () ->
                device.launch(fault.kernel, grid, new Dim3(N), N * 4, false, List.of(parameters)));
    assertThat(thrown).as(fault + " is not found").isNotNull();
    return thrown;
  }
}
