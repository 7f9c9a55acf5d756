package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.catalogue.CaseRun;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The ways through a sequence: all steps in one launch, with the weights in shared memory or
/// partly in registers, and one launch per step. The catalogue takes the first at every size that
/// it has.
@Tag("slow")
class CudaLstmTest {
  static Stream<OpCase> sequences() {
    return OpCases.all().stream().filter(c -> c.op().equals("lstm"));
  }

  private static CudaBackend open(int multiprocessors, int sharedBytes) {
    return open(multiprocessors, sharedBytes, Precision.FP32);
  }

  /// As on an A100, whose schedule has more in one launch.
  private static CudaBackend open(int multiprocessors, int sharedBytes, Precision precision) {
    return CudaBackend.open(
        CudaOptions.standard()
            .withDriverAlreadyLoaded()
            .shapedFor(multiprocessors)
            .withCapability(80)
            .in(precision)
            .withSharedBytes(sharedBytes));
  }

  private static OpCase sequence(String shape) {
    return sequences().filter(c -> c.shape().equals(shape)).findFirst().orElseThrow();
  }

  private static void assertAgrees(Backend cuda, OpCase opCase) {
    try (Backend reference = Backends.reference()) {
      CaseRun.assertAgrees(reference, cuda, opCase);
    }
  }

  /// A large GPU wants more blocks than there are tiles, so it cuts K as well.
  @ParameterizedTest
  @MethodSource("sequences")
  void stepByStepAgreesWithTheReference(OpCase opCase) {
    InstalledDriver.install(Options.standard());
    for (int multiprocessors : new int[] {1, 132}) {
      try (Backend cuda = open(multiprocessors, 0)) {
        assertAgrees(cuda, opCase);
      }
    }
    SoftwareGpu.assertNoFindings();
  }

  /// The product of a step runs on tensor cores there.
  @ParameterizedTest
  @MethodSource("sequences")
  void stepByStepAgreesWithTheReferenceInBf16(OpCase opCase) {
    InstalledDriver.install(Options.standard());
    try (Backend cuda = open(132, 0, Precision.BF16)) {
      assertAgrees(cuda, opCase);
    }
    SoftwareGpu.assertNoFindings();
  }

  /// Too little shared memory for 8 units a block: of 10, some stages of weights lie in registers.
  /// Of 130 units they are 3 of 3 forwards and 6 of 9 backwards in 30,000 bytes, and 2 of 3
  /// forwards in 40,000.
  @ParameterizedTest
  @ValueSource(ints = {30_000, 40_000})
  void weightsInRegistersAgreeWithTheReference(int sharedBytes) {
    InstalledDriver.install(Options.standard().withMultiprocessors(13).withCounters(true));
    try (Backend cuda = open(0, sharedBytes)) {
      Backends.takeCounts();
      assertAgrees(cuda, sequence("2x3x130"));
      assertThat(Backends.takeCounts())
          .extracting(KernelCounts::kernel)
          .contains("lstm_resident_10")
          .contains(
              sharedBytes < 40_000 ? "lstm_resident_10_backward" : "lstm_resident_8_backward");
    }
    SoftwareGpu.assertNoFindings();
  }

  /// 1024 units are 128 blocks of 8, which an H100 holds, and 103 of 10, which an A100 holds.
  @ParameterizedTest
  @CsvSource({"132, 8, 128", "108, 10, 103", "102, 0, 0"})
  void theSizeOfTheGpuDecidesHowManyUnitsABlockOwns(int multiprocessors, int units, int blocks) {
    InstalledDriver.install(Options.standard().withMultiprocessors(multiprocessors));
    try (var device = new CudaDevice(0, Precision.FP32);
        var modules = new Modules(device, Precision.FP32)) {
      var residence = new PersistentLstm(modules, device, Integer.MAX_VALUE);
      var forward = residence.forward(1024);
      var backward = residence.backward(1024);
      var sampling = residence.sampling(1024, false);
      if (units == 0) {
        assertThat(forward).isNull();
        assertThat(backward).isNull();
        assertThat(sampling).isNull();
        return;
      }
      assertThat(Objects.requireNonNull(forward).kernel().name())
          .isEqualTo("lstm_resident_" + units);
      assertThat(forward.blocks()).isEqualTo(blocks);
      assertThat(Objects.requireNonNull(backward).kernel().name())
          .isEqualTo("lstm_resident_" + units + "_backward");
      assertThat(backward.blocks()).isEqualTo(blocks);
      assertThat(Objects.requireNonNull(sampling).kernel().name())
          .isEqualTo("lstm_sample_" + units);
      assertThat(sampling.blocks()).isEqualTo(blocks);
    }
  }

  private static List<String> kernels(Backend cuda) {
    OpCase opCase = sequence("5x3x33");
    try (Scope scope = cuda.open("case")) {
      CaseTensors tensors = new CaseTensors(cuda, scope, opCase);
      Backends.takeCounts();
      opCase.forward().run(cuda, tensors::get);
      return Backends.takeCounts().stream().map(KernelCounts::kernel).toList();
    }
  }

  @Test
  void oneLaunchWhereTheWeightsFitAndOnePerStepElsewhere() {
    var counting = new dev.hindsight.backend.SoftwareGpu(0, false, true, 0);
    try (Backend together = Backends.openSoftwareGpu(counting);
        Backend apart = open(1, 0)) {
      assertThat(kernels(together)).containsExactly("lstm_resident_8");
      assertThat(kernels(apart)).hasSize(5).containsOnly("lstm_step");
    }
  }
}
