package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.stored;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.Recording;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.backend.cuda.lstm.LstmOnTensorCores;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
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

/// Recurrences in bf16 whose weights stay in registers.
@Tag("slow")
class LstmOnTensorCoresTest {
  private static final RandomKey KEY = RandomKey.of(11);

  @AfterEach
  void nothingIsFound() {
    SoftwareGpu.assertNoFindings();
  }

  private static CudaBackend open(int multiprocessors, long scheduleSeed) {
    InstalledDriver.install(
        Options.standard()
            .withMultiprocessors(multiprocessors)
            .withScheduleSeed(scheduleSeed)
            .withCounters(true));
    return CudaBackend.open(CudaOptions.standard().withDriverAlreadyLoaded().in(Precision.BF16));
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
  /// 264 units have two chunks of K, of which the second is almost empty.
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
    "4, 3, 70, 64, 32"
  })
  void agreesWithTheReference(int multiprocessors, int steps, int batch, int hidden, int rows) {
    OpCase opCase = OpCases.lstm(steps, batch, hidden);
    try (Backend reference = Backends.reference();
        Backend cuda = open(multiprocessors, 0)) {
      Backends.takeCounts();
      assertThat(new Parity(reference, cuda).check(opCase))
          .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
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

    Sequence(Backend backend, Scope scope, int steps, int batch, int hidden, int[] poison) {
      this.backend = backend;
      this.steps = steps;
      this.batch = batch;
      this.hidden = hidden;
      float[] inputs = numbers(1, steps * batch * 4 * hidden, 4);
      float[] gradients = numbers(2, steps * batch * hidden, 2);
      if (poison.length > 0) {
        inputs[((poison[0] * batch) + poison[1]) * 4 * hidden + poison[2]] = Float.NaN;
        gradients[((poison[3] * batch) + poison[1]) * hidden + poison[2]] = Float.NaN;
      }
      xw = stored(backend, scope, inputs, steps, batch, 4 * hidden);
      given = stored(backend, scope, gradients, steps, batch, hidden);
      wh = stored(backend, scope, numbers(3, 4 * hidden * hidden, 1), 4 * hidden, hidden);
      h = stored(backend, scope, new float[(steps + 1) * batch * hidden], steps + 1, batch, hidden);
      c = tensor(backend, scope, new float[(steps + 1) * batch * hidden], steps + 1, batch, hidden);
      gates = stored(backend, scope, inputs, steps, batch, 4 * hidden);
      dh = stored(backend, scope, gradients, steps, batch, hidden);
      dc = tensor(backend, scope, new float[batch * hidden], batch, hidden);
    }

    /// Around 0.
    private static float[] numbers(int key, int count, float width) {
      float[] values = Philox.uniforms(KEY.fold(key), count);
      for (int k = 0; k < count; k++) {
        values[k] = (values[k] - 0.5f) * width;
      }
      return values;
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
      read(found);
      return found;
    }

    void read(Map<String, float[]> into) {
      into.put("dgates", backend.readFloats(gates));
      into.put("dh", backend.readFloats(dh));
      into.put("dc", backend.readFloats(dc));
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
      var found = new Sequence(cuda, scope, shape[0], shape[1], shape[2], new int[0]).run();
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

  private static float[] values(Map<String, float[]> of, String name) {
    return Objects.requireNonNull(of.get(name), name);
  }

  private static boolean anyNan(float[] values) {
    for (float value : values) {
      if (Float.isNaN(value)) {
        return true;
      }
    }
    return false;
  }

  /// NaN in one number of step 2, and in one gradient of step 1: no other row sees it, no step
  /// before it forwards and none behind it backwards, and all that must does.
  @Test
  void whatIsPoisonedReachesWhatFollowsFromItAlone() {
    int steps = 4;
    int batch = 3;
    int hidden = 24;
    int[] poison = {2, 1, 5, 1};
    try (Backend cuda = open(20, 0);
        Scope scope = cuda.open("sequence")) {
      var clean = new Sequence(cuda, scope, steps, batch, hidden, new int[0]);
      Map<String, float[]> wanted = clean.run();
      Map<String, float[]> got = new Sequence(cuda, scope, steps, batch, hidden, poison).run();
      float[] h = values(got, "h");
      for (int slot = 0; slot <= steps; slot++) {
        for (int row = 0; row < batch; row++) {
          float[] now = clean.row(h, slot, row);
          if (row == poison[1] && slot > poison[0]) {
            for (int unit = 0; unit < hidden; unit++) {
              boolean sees = slot > poison[0] + 1 || unit == poison[2];
              assertThat(Float.isNaN(now[unit])).as("h[%d], unit %d", slot, unit).isEqualTo(sees);
            }
          } else {
            assertThat(now).isEqualTo(clean.row(values(wanted, "h"), slot, row));
          }
        }
      }
      clean.forward();
      cuda.copy(scopeCopy(cuda, scope, poison, clean), clean.dh);
      cuda.fill(clean.dc, 0);
      cuda.lstm().backward(clean.wh, clean.c, clean.gates, clean.dh, clean.dc);
      float[] gates = cuda.readFloats(clean.gates);
      for (int step = 0; step < steps; step++) {
        for (int row = 0; row < batch; row++) {
          float[] now = clean.row(gates, step, row);
          if (row == poison[1] && step <= poison[3]) {
            assertThat(anyNan(now)).as("gradient of step %d", step).isTrue();
          } else {
            assertThat(now).isEqualTo(clean.row(values(wanted, "dgates"), step, row));
          }
        }
      }
    }
  }

  /// The gradients of `clean` with a NaN.
  private static Tensor scopeCopy(Backend cuda, Scope scope, int[] poison, Sequence clean) {
    float[] gradients = cuda.readFloats(clean.given);
    gradients[(poison[3] * clean.batch + poison[1]) * clean.hidden + poison[2]] = Float.NaN;
    return stored(cuda, scope, gradients, clean.steps, clean.batch, clean.hidden);
  }

  /// A cooperative launch is a node of a graph.
  @Test
  void aGraphOfBothWaysHasTheSameBits() {
    try (Backend cuda = open(20, 0);
        Recording recording = cuda.record("both ways");
        Scope scope = recording.open("operands")) {
      var sequence = new Sequence(cuda, scope, 5, 3, 40, new int[0]);
      Map<String, float[]> wanted = sequence.run();
      for (int k = 0; k < 4; k++) { // plain, recorded, replayed twice
        cuda.fill(sequence.gates, Float.NaN);
        cuda.fill(sequence.dh, Float.NaN);
        recording.run(
            () -> {
              sequence.forward();
              sequence.backward();
            },
            sequence.h,
            sequence.gates,
            sequence.dh,
            sequence.dc);
        Map<String, float[]> got = new LinkedHashMap<>();
        sequence.read(got);
        for (String name : got.keySet()) {
          assertThat(got.get(name)).as(name).isEqualTo(wanted.get(name));
        }
      }
    }
  }

  /// Rows at once, blocks forwards and backwards; 0 where steps are launched one by one. An H100
  /// has 132 multiprocessors, an A100 108, an RTX 4090 128.
  @ParameterizedTest
  @CsvSource({
    "132, 64, 1024, 32, 128, 128",
    "128, 64, 1024, 32, 128, 128",
    "108, 64, 1024, 32, 64, 64",
    "132, 1, 1024, 8, 64, 64",
    "132, 16, 1024, 8, 128, 128",
    "132, 17, 1024, 16, 128, 128",
    "132, 500, 1024, 32, 128, 128",
    "132, 64, 256, 8, 128, 32",
    "132, 64, 1000, 32, 126, 128",
    "132, 64, 1032, 0, 0, 85",
    "132, 64, 1023, 0, 0, 0",
    "63, 64, 1024, 0, 0, 0",
    "132, 2000, 1024, 32, 128, 0"
  })
  void theBatchAndTheSizeOfTheGpuDecideTheBlocks(
      int multiprocessors, int batch, int hidden, int rows, int forward, int backward) {
    InstalledDriver.install(Options.standard().withMultiprocessors(multiprocessors));
    try (var device = new CudaDevice(0, Precision.BF16);
        var modules = new Modules(device, Precision.BF16);
        var launcher = new KernelLauncher(device)) {
      var kernels = new Kernels(modules, launcher, new LaunchGeometry(multiprocessors), 0, true);
      var residence = new PersistentLstm(modules, device, Integer.MAX_VALUE);
      var tensorCores = new LstmOnTensorCores(kernels, residence, multiprocessors);
      var one = tensorCores.forward(batch, hidden);
      var other = tensorCores.backward(batch, hidden);
      assertThat(one == null ? 0 : one.blocks()).isEqualTo(forward);
      assertThat(other == null ? 0 : other.blocks()).isEqualTo(backward);
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
      new Sequence(cuda, scope, 2, 3, 20, new int[0]).run();
      assertThat(launched())
          .containsExactly("lstm_last_backward_bf16", "lstm_step_backward_bf16", "lstm_step_bf16");
    }
  }
}
