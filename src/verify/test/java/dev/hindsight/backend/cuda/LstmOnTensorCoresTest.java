package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.stored;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.backend.cuda.lstm.LstmOnTensorCores;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.catalogue.CaseRun;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Recurrences in bf16 whose weights stay in registers.
@Tag("slow")
class LstmOnTensorCoresTest {
  private static final RandomKey KEY = RandomKey.of(11);

  @AfterEach
  void nothingIsFound() {
    SoftwareGpu.assertNoFindings();
  }

  private static CudaBackend open(int multiprocessors, long scheduleSeed) {
    return open(multiprocessors, scheduleSeed, 90);
  }

  private static CudaBackend open(int multiprocessors, long scheduleSeed, int capability) {
    InstalledDriver.install(
        Options.standard()
            .withMultiprocessors(multiprocessors)
            .withScheduleSeed(scheduleSeed)
            .withCounters(true));
    return CudaBackend.open(
        CudaOptions.standard()
            .withDriverAlreadyLoaded()
            .withCapability(capability)
            .in(Precision.BF16));
  }

  private static Set<String> launched() {
    Set<String> names = new TreeSet<>();
    Backends.takeCounts().stream()
        .map(KernelCounts::kernel)
        .filter(name -> name.startsWith("lstm"))
        .forEach(names::add);
    return names;
  }

  /// Of four multiprocessors each block takes several tiles of rows in turn, of twenty none does.
  /// 264 units have two chunks of K, of which the second is almost empty. From 28 on there are
  /// clusters.
  @ParameterizedTest
  @CsvSource({
    "20, 2, 1, 8, 8",
    "20, 31, 3, 24, 8",
    "20, 5, 17, 72, 8",
    "20, 3, 64, 40, 16",
    "20, 113, 1, 16, 8",
    "20, 784, 2, 8, 8",
    "20, 2, 3, 264, 8",
    "17, 2, 35, 264, 32",
    "4, 3, 70, 64, 32",
    "28, 2, 1, 8, 8",
    "31, 7, 13, 80, 8",
    "33, 3, 5, 88, 8",
    "40, 2, 31, 264, 16",
    "68, 2, 29, 520, 16"
  })
  void agreesWithTheReference(int multiprocessors, int steps, int batch, int hidden, int rows) {
    OpCase opCase = OpCases.lstm(steps, batch, hidden);
    try (Backend reference = Backends.reference();
        Backend cuda = open(multiprocessors, 0)) {
      Backends.takeCounts();
      CaseRun.assertAgrees(reference, cuda, opCase);
      assertThat(launched())
          .contains("lstm_resident_rows_" + rows + "_bf16")
          .allMatch(name -> name.startsWith("lstm_resident_rows_"));
    }
  }

  /// A recurrence and its gradients, from the same numbers each time.
  private static final class Sequence {
    private final Backend backend;
    private final int steps;
    private final int batch;
    private final int hidden;
    private final Tensor xw;
    private final Tensor given;
    private final Tensor wh;
    private final Tensor h;
    private final Tensor c;
    private final Tensor gates;
    private final Tensor dh;
    private final Tensor dc;

    Sequence(Backend backend, Scope scope, int steps, int batch, int hidden) {
      this.backend = backend;
      this.steps = steps;
      this.batch = batch;
      this.hidden = hidden;
      float[] states = new float[(steps + 1) * batch * hidden];
      xw = numbers(scope, 4, steps, batch, 4 * hidden);
      given = numbers(scope, 2, steps, batch, hidden);
      wh = numbers(scope, 1, 4 * hidden, hidden);
      h = stored(backend, scope, states, steps + 1, batch, hidden);
      c = tensor(backend, scope, states, steps + 1, batch, hidden);
      gates = scope.tensor(xw.type(), xw.shape().dims());
      dh = scope.tensor(given.type(), given.shape().dims());
      dc = scope.floats(batch, hidden);
    }

    /// Around 0, so far apart at most.
    private Tensor numbers(Scope scope, float width, int... dims) {
      float[] values =
          Philox.uniforms(
              KEY.fold(dims.length).fold((int) width), Math.toIntExact(Shape.of(dims).size()));
      for (int k = 0; k < values.length; k++) {
        values[k] = (values[k] - 0.5f) * width;
      }
      return stored(backend, scope, values, dims);
    }

    void forward() {
      backend.copy(xw, gates);
      backend.lstm().forward(wh, h, c, gates);
    }

    void backward() {
      backend.copy(given, dh);
      backend.fill(dc, 0);
      backend.lstm().backward(wh, c, gates, dh, dc);
    }

    Map<String, float[]> run() {
      Map<String, float[]> found = new LinkedHashMap<>();
      forward();
      found.put("h", backend.readFloats(h));
      found.put("c", backend.readFloats(c));
      found.put("gates", backend.readFloats(gates));
      backward();
      found.putAll(gradients());
      return found;
    }

    Map<String, float[]> gradients() {
      return Map.of(
          "dgates", backend.readFloats(gates),
          "dh", backend.readFloats(dh),
          "dc", backend.readFloats(dc));
    }

    /// Puts NaN into one number of a row.
    void poison(Tensor sequence, int step, int row, int unit) {
      float[] values = backend.readFloats(sequence);
      values[(step * batch + row) * sequence.channels() + unit] = Float.NaN;
      backend.write(sequence, values);
    }

    /// Of a sequence (·,B,·), one row at one step.
    float[] row(float[] sequence, int step, int row) {
      int width = sequence.length == steps * batch * 4 * hidden ? 4 * hidden : hidden;
      int from = (step * batch + row) * width;
      return Arrays.copyOfRange(sequence, from, from + width);
    }
  }

  private static Map<String, float[]> run(int multiprocessors, long seed, int rows, int... shape) {
    try (Backend cuda = open(multiprocessors, seed);
        Scope scope = cuda.open("sequence")) {
      Backends.takeCounts();
      var found = new Sequence(cuda, scope, shape[0], shape[1], shape[2]).run();
      assertThat(launched()).contains("lstm_resident_rows_" + rows + "_bf16");
      return found;
    }
  }

  private static void assertSame(Map<String, float[]> got, Map<String, float[]> wanted) {
    wanted.forEach((name, values) -> assertThat(got.get(name)).as(name).isEqualTo(values));
  }

  /// Nor on how many rows a block multiplies at once, hence not on the size of the GPU.
  @ParameterizedTest
  @CsvSource({"4, 37, 72", "3, 19, 264"})
  void theBitsDependOnNoSchedule(int steps, int batch, int hidden) {
    int across = Math.ceilDiv(hidden, 16);
    var wanted = run(8 * across, 0, 8, steps, batch, hidden);
    assertSame(run(8 * across, 0, 8, steps, batch, hidden), wanted);
    for (int seed = 1; seed <= 3; seed++) {
      assertSame(run(8 * across, seed, 8, steps, batch, hidden), wanted);
    }
    assertSame(run(3 * across, 4, batch > 24 ? 16 : 8, steps, batch, hidden), wanted);
    assertSame(run(across, 5, 32, steps, batch, hidden), wanted);
  }

  /// Clusters of as many rows as the batch leaves, of one to four chunks of K, which end at, before
  /// and behind 80 units.
  @ParameterizedTest
  @CsvSource({
    "28, 4, 3, 72, 8",
    "28, 3, 1, 80, 8",
    "36, 3, 11, 88, 16",
    "132, 3, 17, 88, 8",
    "32, 2, 27, 136, 32",
    "44, 2, 7, 264, 8",
    "44, 3, 31, 320, 32",
    "64, 2, 9, 776, 16"
  })
  void onClustersTheBitsAreTheSame(
      int multiprocessors, int steps, int batch, int hidden, int rows) {
    var wanted = backward(multiprocessors, 0, 80, "backward_bf16", steps, batch, hidden);
    for (int seed = 0; seed <= 3; seed++) {
      String kernel = "lstm_resident_rows_" + rows + "_backward_cluster_bf16";
      assertSame(backward(multiprocessors, seed, 90, kernel, steps, batch, hidden), wanted);
    }
  }

  private static Map<String, float[]> backward(
      int multiprocessors, long seed, int capability, String kernel, int... shape) {
    try (Backend cuda = open(multiprocessors, seed, capability);
        Scope scope = cuda.open("sequence")) {
      Backends.takeCounts();
      var found = new Sequence(cuda, scope, shape[0], shape[1], shape[2]).run();
      assertThat(launched()).anyMatch(name -> name.endsWith(kernel));
      return found;
    }
  }

  private static float[] values(Map<String, float[]> of, String name) {
    return Objects.requireNonNull(of.get(name), name);
  }

  /// NaN in one number of step 2, and in one gradient of step 1: no other row sees it, no step
  /// before it forwards and none behind it backwards, and all that must does.
  @Test
  void whatIsPoisonedReachesWhatFollowsFromItAlone() {
    int steps = 4;
    int row = 1;
    try (Backend cuda = open(20, 0);
        Scope scope = cuda.open("sequence")) {
      var sequence = new Sequence(cuda, scope, steps, 3, 24);
      Map<String, float[]> wanted = sequence.run();
      float[] clean = cuda.readFloats(sequence.xw);
      sequence.poison(sequence.xw, 2, row, 5);
      sequence.forward();
      float[] h = cuda.readFloats(sequence.h);
      for (int slot = 0; slot <= steps; slot++) {
        for (int other = 0; other < 3; other++) {
          float[] now = sequence.row(h, slot, other);
          if (other != row || slot <= 2) {
            assertThat(now).isEqualTo(sequence.row(values(wanted, "h"), slot, other));
            continue;
          }
          for (int unit = 0; unit < now.length; unit++) {
            boolean sees = slot > 3 || unit == 5;
            assertThat(Float.isNaN(now[unit])).as("h[%d], unit %d", slot, unit).isEqualTo(sees);
          }
        }
      }
      cuda.write(sequence.xw, clean);
      sequence.poison(sequence.given, 1, row, 5);
      sequence.forward();
      sequence.backward();
      float[] gates = cuda.readFloats(sequence.gates);
      for (int step = 0; step < steps; step++) {
        for (int other = 0; other < 3; other++) {
          float[] now = sequence.row(gates, step, other);
          if (other == row && step <= 1) {
            assertThat(now).as("gradient of step %d", step).contains(Float.NaN);
          } else {
            assertThat(now).isEqualTo(sequence.row(values(wanted, "dgates"), step, other));
          }
        }
      }
    }
  }

  /// A cooperative launch is a node of a graph, on clusters too.
  @ParameterizedTest
  @ValueSource(ints = {20, 28})
  void aGraphOfBothWaysHasTheSameBits(int multiprocessors) {
    try (Backend cuda = open(multiprocessors, 0);
        Graph graph = cuda.graph("both ways");
        Scope scope = graph.open("operands")) {
      var sequence = new Sequence(cuda, scope, 5, 3, 40);
      Map<String, float[]> wanted = sequence.run();
      for (int k = 0; k < 4; k++) { // plain, recorded, replayed twice
        cuda.fill(sequence.gates, Float.NaN);
        cuda.fill(sequence.dh, Float.NaN);
        graph.run(
            () -> {
              sequence.forward();
              sequence.backward();
            },
            sequence.h,
            sequence.gates,
            sequence.dh,
            sequence.dc);
        sequence
            .gradients()
            .forEach((name, got) -> assertThat(got).as(name).isEqualTo(wanted.get(name)));
      }
    }
  }

  /// Rows at once, blocks forwards, backwards and backwards on clusters; 0 where that does not fit.
  /// An H100 has 132 multiprocessors, an A100 108, an RTX 4090 128.
  @ParameterizedTest
  @CsvSource({
    "132, 64, 1024, 32, 128, 128, 104",
    "128, 64, 1024, 32, 128, 128, 104",
    "127, 64, 1024, 32, 64, 64, 0",
    "108, 64, 1024, 32, 64, 64, 0",
    "132, 1, 1024, 8, 64, 64, 52",
    "132, 16, 1024, 8, 128, 128, 104",
    "132, 17, 1024, 16, 128, 128, 104",
    "132, 65, 1024, 32, 128, 128, 0",
    "132, 500, 1024, 32, 128, 128, 0",
    "132, 64, 256, 8, 128, 32, 64",
    "132, 64, 1000, 32, 126, 128, 104",
    "132, 64, 1032, 0, 0, 85, 0",
    "132, 64, 1023, 0, 0, 0, 0",
    "63, 64, 1024, 0, 0, 0, 0",
    "132, 2000, 1024, 32, 128, 0, 0"
  })
  void theBatchAndTheSizeOfTheGpuDecideTheBlocks(
      int multiprocessors,
      int batch,
      int hidden,
      int rows,
      int forward,
      int backward,
      int onClusters) {
    InstalledDriver.install(Options.standard().withMultiprocessors(multiprocessors));
    try (var device = new CudaDevice(0, Precision.BF16);
        var modules = new Modules(device, Precision.BF16);
        var launcher = new KernelLauncher(device)) {
      var kernels = new Kernels(modules, launcher, new LaunchGeometry(multiprocessors), 0, true);
      var residence = new PersistentLstm(modules, device, Integer.MAX_VALUE);
      var tensorCores = new LstmOnTensorCores(kernels, residence, multiprocessors, 90);
      var one = tensorCores.forward(batch, hidden);
      var other = tensorCores.backward(batch, hidden);
      var third = tensorCores.backwardOnClusters(batch, hidden);
      assertThat(one == null ? 0 : one.blocks()).isEqualTo(forward);
      assertThat(other == null ? 0 : other.blocks()).isEqualTo(backward);
      assertThat(third == null ? 0 : third.blocks()).isEqualTo(onClusters);
      for (int capability : new int[] {80, 89, 100, 120}) {
        var without = new LstmOnTensorCores(kernels, residence, multiprocessors, capability);
        assertThat(without.backwardOnClusters(batch, hidden)).isNull();
      }
      if (one != null) {
        assertThat(one.kernel().name()).isEqualTo("lstm_resident_rows_" + rows);
      }
    }
  }

  /// No multiple of 8, where rows begin at odd places; and no shared memory.
  @Test
  void otherSizesGoStepByStep() {
    try (Backend cuda = open(20, 0);
        Scope scope = cuda.open("sequence")) {
      Backends.takeCounts();
      new Sequence(cuda, scope, 2, 3, 20).run();
      assertThat(launched())
          .containsExactly("lstm_last_backward_bf16", "lstm_step_backward_bf16", "lstm_step_bf16");
    }
  }
}
