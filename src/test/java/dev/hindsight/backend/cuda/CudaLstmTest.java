package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.softgpu.Options;
import dev.hindsight.softgpu.driver.SoftwareDriver;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Both ways through a sequence: all steps in one launch, and one launch per step. The catalogue
/// takes the first at every size that it has.
class CudaLstmTest {
  static Stream<OpCase> sequences() {
    return OpCases.all().stream().filter(c -> c.op().equals("lstm"));
  }

  private static CudaBackend stepByStep(int multiprocessors) {
    return CudaBackend.open(
        CudaOptions.standard()
            .withDriverAlreadyLoaded()
            .shapedFor(multiprocessors)
            .withLstmStepByStep());
  }

  /// A large GPU wants more blocks than there are tiles, so it cuts K as well.
  @ParameterizedTest
  @MethodSource("sequences")
  void stepByStepAgreesWithTheReference(OpCase opCase) {
    SoftwareDriver.install(Options.standard());
    for (int multiprocessors : new int[] {1, 132}) {
      try (Backend reference = Backends.reference();
          Backend cuda = stepByStep(multiprocessors)) {
        assertThat(new Parity(reference, cuda).check(opCase))
            .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
      }
    }
    SoftwareGpu.assertNoFindings();
  }

  private static List<String> kernels(Backend cuda) {
    OpCase opCase = sequences().filter(c -> c.shape().equals("5x3x33")).findFirst().orElseThrow();
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
        Backend apart = stepByStep(1)) {
      assertThat(kernels(together)).containsExactly("lstm_resident");
      assertThat(kernels(apart)).hasSize(5).containsOnly("lstm_step");
    }
  }
}
