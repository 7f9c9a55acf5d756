package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
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
    @Override
    public String toString() {
      return kernel;
    }
  }

  private static Stream<Fault> faults(String where) {
    return TestDevice.table("faults.tsv")
        .filter(f -> f[0].equals(where))
        .map(f -> new Fault(f[1], Kind.valueOf(f[2]), f[3], List.of(f).subList(4, f.length)));
  }

  static Stream<Fault> memory() {
    return faults("memory");
  }

  static Stream<Fault> threads() {
    return faults("threads");
  }

  static Stream<Fault> newer() {
    return faults("newer");
  }

  static Stream<Fault> hopper() {
    return faults("hopper");
  }

  static Stream<Fault> cluster() {
    return faults("cluster");
  }

  static Stream<Fault> blocks() {
    return faults("blocks");
  }

  @ParameterizedTest
  @MethodSource("memory")
  void findsMistakesInMemory(Fault fault) {
    Options options = Options.standard().withChecks(Check.named("standard,alignment"));
    check(fault, "faulty_memory.ptx", new Dim3(1), options);
  }

  @ParameterizedTest
  @MethodSource("threads")
  void findsMistakesBetweenThreads(Fault fault) {
    check(fault, "faulty_threads.ptx", new Dim3(1), Options.standard().withStepBudget(200_000));
  }

  @ParameterizedTest
  @MethodSource("newer")
  void findsMistakesOfNewerCode(Fault fault) {
    check(fault, "faulty_newer.ptx", new Dim3(1), Options.standard().withStepBudget(200_000));
  }

  @ParameterizedTest
  @MethodSource("hopper")
  void findsMistakesOfHopperCode(Fault fault) {
    check(fault, "faulty_hopper.ptx", new Dim3(1), Options.standard().withStepBudget(200_000));
    shuffled(fault, "faulty_hopper.ptx", new Dim3(1));
  }

  @ParameterizedTest
  @MethodSource("cluster")
  void findsMistakesBetweenBlocksOfACluster(Fault fault) {
    check(fault, "faulty_cluster.ptx", new Dim3(2), Options.standard().withStepBudget(2_000_000));
    shuffled(fault, "faulty_cluster.ptx", new Dim3(2));
  }

  @ParameterizedTest
  @MethodSource("newer")
  void findsThoseUnderShuffledSchedulesToo(Fault fault) {
    shuffled(fault, "faulty_newer.ptx", new Dim3(1));
  }

  @ParameterizedTest
  @MethodSource("threads")
  void findsThemUnderShuffledSchedulesToo(Fault fault) {
    shuffled(fault, "faulty_threads.ptx", new Dim3(1));
  }

  private static void shuffled(Fault fault, String file, Dim3 grid) {
    Options options = Options.standard().withStepBudget(2_000_000).withScheduleSeed(77);
    DeviceFault thrown = launch(fault, file, grid, options);
    assertThat(thrown.findings()).extracting(Finding::kind).contains(fault.kind);
    assertThat(thrown.getMessage()).contains("schedule seed 77");
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void findsRacesBetweenBlocksWhenAsked(Fault fault) {
    check(
        fault,
        "faulty_memory.ptx",
        new Dim3(2),
        Options.standard().withChecks(EnumSet.allOf(Check.class)));
  }

  private static void check(Fault fault, String file, Dim3 grid, Options options) {
    DeviceFault thrown = launch(fault, file, grid, options);
    Finding found =
        thrown.findings().stream()
            .filter(f -> f.kind() == fault.kind)
            .findFirst()
            .orElseThrow(
                () -> new AssertionError("wanted " + fault.kind + ", got " + thrown.getMessage()));
    assertThat(found.launch().kernel()).isEqualTo(fault.kernel);
    assertThat(found.site().file()).isEqualTo(file.replace(".ptx", ".cu"));
    assertThat(found.site().source()).contains(fault.line);
    assertThat(found.report()).contains(fault.says);
    assertThat(found.hostStack()).isNotEmpty();
  }

  /// Of eight rows of eight floats.
  private static byte[] map(long x) {
    byte[] bytes = new byte[TensorMap.BYTES];
    TensorMap map = TensorMap.begin(MemorySegment.ofArray(bytes));
    map.set(Field.GLOBAL_ADDRESS, 0, x);
    map.set(Field.RANK, 0, 1);
    map.set(Field.ELEMTYPE, 0, Element.F32.code);
    map.set(Field.GLOBAL_STRIDE, 0, 32);
    for (int d = 0; d < 2; d++) {
      map.set(Field.GLOBAL_DIM, d, 8);
      map.set(Field.BOX_DIM, d, 8);
      map.set(Field.ELEMENT_STRIDE, d, 1);
    }
    return bytes;
  }

  private static DeviceFault launch(Fault fault, String file, Dim3 grid, Options options) {
    TestDevice device = TestDevice.of(options, file);
    float[] values = new float[N];
    IntStream.range(0, N).forEach(i -> values[i] = i);
    long x = device.floats("x", values);
    long y = device.memory().allocate(N * 4L, "y");
    List<KernelParameter> formal = device.kernel(fault.kernel).parameters();
    List<Object> parameters = new ArrayList<>();
    for (KernelParameter each : formal) {
      parameters.add(
          switch (each.size()) {
            case TensorMap.BYTES -> map(x);
            case 4 -> N;
            default -> parameters.contains(x) ? y : x;
          });
    }
    DeviceFault thrown =
        catchThrowableOfType(
            DeviceFault.class,
            () -> device.launch(fault.kernel, grid, new Dim3(N), N * 4, false, parameters));
    assertThat(thrown).as(fault + " is not found").isNotNull();
    return thrown;
  }
}
