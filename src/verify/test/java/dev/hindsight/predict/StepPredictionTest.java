package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.predict.OpCounter.Counted;
import dev.hindsight.predict.StepListing.Event;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class StepPredictionTest {
  private static final ModelConfig MADE =
      MadeConfig.random(ImageShape.MNIST, 128, 2, RandomKey.of(7));
  private static final Recipe RECIPE = Recipe.of(1, 3, 1e-3f).withClipNorm(1);

  /// Steps on the backend, of which the last is looked at.
  private static void steps(Backend backend, ModelConfig config, int batch, Runnable beforeLast) {
    try (AutoregressiveModel model = config.create(backend, RandomKey.of(0));
        TrainingStep step =
            new TrainingStep(backend, model, new Adam(backend, model.parameters(), 0, 1), false)) {
      float[] pixels = new float[batch * ImageShape.MNIST.pixels()];
      step.run(pixels, batch, 1e-3f);
      beforeLast.run();
      step.run(pixels, batch, 1e-3f);
    }
  }

  private static List<OpCall> listed(ModelConfig config, int batch) {
    var listing = new StepListing(Precision.FP32);
    steps(listing.backend(), config, batch, listing::take);
    List<OpCall> calls = new ArrayList<>();
    for (Event event : listing.take()) {
      if (event instanceof Event.Op(OpCall call)) {
        calls.add(call);
      }
    }
    return calls;
  }

  private static List<KernelCounts> executed(SoftwareGpu how, ModelConfig config, int batch) {
    try (Backend backend = Backends.openSoftwareGpu(how)) {
      steps(backend, config, batch, Backends::takeCounts);
      return Backends.takeCounts();
    }
  }

  private static List<KernelCounts> counted(SoftwareGpu how, List<OpCall> calls) {
    try (Backend backend = Backends.openSoftwareGpu(how)) {
      var counter = new OpCounter(backend);
      List<KernelCounts> all = new ArrayList<>();
      for (OpCall call : calls) {
        for (Counted counted : counter.of(call)) {
          for (long n = 0; n < counted.times(); n++) {
            all.add(counted.counts());
          }
        }
      }
      return all;
    }
  }

  /// The list of ops, run op by op on operands of their own, launches what the step itself
  /// launches, and each launch does the same.
  @Test
  void aListedStepDoesWhatTheStepDoes() {
    var how = SoftwareGpu.counting(4);
    List<KernelCounts> wanted = executed(how, MADE, 3);
    List<KernelCounts> got = counted(how, listed(MADE, 3));
    assertThat(got)
        .extracting(KernelCounts::kernel)
        .containsExactlyElementsOf(wanted.stream().map(KernelCounts::kernel).toList());
    for (int k = 0; k < got.size(); k++) {
      assertThat(got.get(k).blocks()).isEqualTo(wanted.get(k).blocks());
      assertThat(got.get(k).flops()).as(got.get(k).kernel()).isEqualTo(wanted.get(k).flops());
      assertThat(got.get(k).global()).isEqualTo(wanted.get(k).global());
    }
  }

  /// A sequence is counted from two steps and three; this one has five.
  @Test
  void stepsThroughTimeAreCountedFromAFew() {
    var how = SoftwareGpu.counting(8);
    List<OpCall> calls = listed(new LstmConfig(ImageShape.MNIST, 64, 1), 3);
    OpCall lstm = calls.stream().filter(call -> call.steps() > 0).findFirst().orElseThrow();
    assertThat(lstm.steps()).isEqualTo(784);
    OpCall five =
        new OpCall(
            lstm.family(),
            lstm.method(),
            lstm.arguments().stream()
                .map(
                    a ->
                        a instanceof Operand o
                            ? new Operand(o.address(), lstm.cut(o, 5), o.type())
                            : a)
                .toList());
    KernelCounts got = counted(how, List.of(five)).getFirst();
    try (Backend backend = Backends.openSoftwareGpu(how);
        var scope = backend.open("operands")) {
      var tensors = five.operands().stream().map(o -> scope.zeros(o.shape().dims())).toList();
      Backends.takeCounts();
      five.run(backend, operand -> tensors.get(five.operands().indexOf(operand)));
      backend.synchronize();
      KernelCounts wanted = Backends.takeCounts().getFirst();
      assertThat(got.kernel()).isEqualTo(wanted.kernel());
      assertThat(got.flops()).isEqualTo(wanted.flops());
      assertThat(got.shared()).isEqualTo(wanted.shared());
      assertThat(got.global()).isEqualTo(wanted.global());
      assertThat(got.instructions().get("fma.f32")).isEqualTo(wanted.instructions().get("fma.f32"));
    }
  }

  /// Some blocks tell what all do: exactly in flops where all tiles are whole, closely in
  /// attention, whose blocks have one to seven tiles of the triangle.
  @Test
  void someBlocksTellOfAll() {
    ModelConfig config = new TransformerConfig(ImageShape.MNIST, 64, 1, 2, 0);
    List<OpCall> calls = listed(config, 1);
    List<KernelCounts> all = counted(SoftwareGpu.counting(8), calls);
    List<KernelCounts> some = counted(SoftwareGpu.sampling(8, 8, 0, Integer.MAX_VALUE), calls);
    assertThat(some).hasSameSizeAs(all);
    double wanted = 0;
    double got = 0;
    for (int k = 0; k < all.size(); k++) {
      assertThat(some.get(k).kernel()).isEqualTo(all.get(k).kernel());
      assertThat(some.get(k).blocks()).isEqualTo(all.get(k).blocks());
      wanted += all.get(k).flops();
      got += some.get(k).flops();
    }
    assertThat(got / wanted).isCloseTo(1, within(0.1));
  }

  @Test
  void predictsAStepAndSaysThatItIsAPrediction() {
    var step = StepPrediction.of("made", "small", MADE, RECIPE, 3, Precision.FP32, GpuRates.H100);
    double launches =
        GpuRates.H100.waits().node() * step.ops().stream().mapToInt(o -> o.launches().size()).sum();
    assertThat(step.microseconds())
        .isBetween(launches, 2 * launches); // so small a step only starts
    assertThat(step.ops()).extracting(Prediction.Op::label).anyMatch(l -> l.startsWith("adam"));
    assertThat(step.table())
        .startsWith(
            "prediction, not a measurement: a training step of made (small), batch 3 of 28x28, fp32")
        .contains("limits: launch ")
        .hasLineCount(2 + step.ops().size());
  }
}
