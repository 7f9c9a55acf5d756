package dev.hindsight.model.lstm;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Causality;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.LstmState;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class LstmTest {
  private static final RandomKey KEY = RandomKey.of(11);

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /// One unit, one input, two steps, straight from the formula; gates in the order i, f, g, o.
  @Test
  void twoStepsByHand() {
    double[] wx = {0.1, -0.2, 0.3, 0.4};
    double[] bx = {0.01, 0.02, 0.03, 0.04};
    double[] wh = {0.5, 0.6, -0.7, 0.8};
    double[] bh = {-0.05, 0.06, 0.07, -0.08};
    double[] x = {2, -1};
    double h = 0;
    double c = 0;
    double[] want = new double[2];
    for (int t = 0; t < 2; t++) {
      double[] a = new double[4];
      for (int k = 0; k < 4; k++) {
        a[k] = wx[k] * x[t] + bx[k] + wh[k] * h + bh[k];
      }
      c = sigmoid(a[1]) * c + sigmoid(a[0]) * Math.tanh(a[2]);
      h = sigmoid(a[3]) * Math.tanh(c);
      want[t] = h;
    }
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor wxT = tensor(backend, scope, wx, 4, 1);
      Tensor whT = tensor(backend, scope, wh, 4, 1);
      Tensor bxT = tensor(backend, scope, bx, 4);
      Tensor bhT = tensor(backend, scope, bh, 4);
      Tensor y = ops.lstm(tensor(backend, scope, x, 2, 1, 1), wxT, bxT, whT, bhT);
      assertThat(backend.readDoubles(y)).containsExactly(want, within(1e-12));
      LstmState state = ops.lstmState(wxT, bxT, whT, bhT, 1);
      for (int t = 0; t < 2; t++) {
        Tensor step = state.step(tensor(backend, scope, new double[] {x[t]}, 1, 1));
        assertThat(backend.readDoubles(step))
            .containsExactly(new double[] {want[t]}, within(1e-12));
      }
    }
  }

  @Test
  void hasTheParametersOfPyTorch() {
    try (Backend backend = Backends.open("cpu");
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 1024, 1).create(backend, KEY)) {
      assertThat(lstm.parameters().count()).isEqualTo(4_215_809);
      assertThat(lstm.multiplyAdds()).isEqualTo(784L * (4096 * 3 + 4096 * 1024 + 1024));
      assertThat(lstm.parameters().all())
          .extracting(p -> p.name() + " " + p.shape())
          .containsExactly(
              "rnn.weight_ih_l0 (4096, 3)",
              "rnn.weight_hh_l0 (4096, 1024)",
              "rnn.bias_ih_l0 (4096)",
              "rnn.bias_hh_l0 (4096)",
              "fc.weight (1, 1024)",
              "fc.bias (1)");
      for (Parameter p : lstm.parameters().all()) {
        for (float value : backend.readFloats(p.value())) {
          assertThat(Math.abs(value)).as(p.name()).isLessThanOrEqualTo(1 / 32f);
        }
      }
    }
  }

  @Test
  void layersLieOnTopOfEachOther() {
    try (Backend backend = Backends.reference();
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 5, 3).create(backend, KEY)) {
      assertThat(lstm.parameters().all())
          .extracting(p -> p.name() + " " + p.shape())
          .contains("rnn.weight_ih_l2 (20, 5)", "rnn.bias_hh_l2 (20)");
    }
  }

  @ParameterizedTest
  @EnumSource
  void neverLooksAheadOnTheReference(Causality.Change change) {
    neverLooksAhead(Backends.open("nd4j"), change);
  }

  @ParameterizedTest
  @EnumSource
  void neverLooksAheadOnTheCpu(Causality.Change change) {
    neverLooksAhead(Backends.open("cpu"), change);
  }

  /// Poison alone, which shows whatever is read at all: 784 steps take a software GPU a while.
  @Test
  void neverLooksAheadOnTheSoftwareGpu() {
    neverLooksAhead(Backends.openSoftwareGpu(), Causality.Change.POISON);
  }

  private static void neverLooksAhead(Backend opened, Causality.Change change) {
    try (Backend backend = opened;
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 8, 1).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, lstm, change);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  /// Two images with stripes, two plain ones.
  private static float[] patterns() {
    float[] pixels = new float[4 * 784];
    for (int i = 0; i < 784; i++) {
      int row = i / 28;
      int column = i % 28;
      pixels[i] = row / 4 % 2;
      pixels[784 + i] = column / 4 % 2;
      pixels[2 * 784 + i] = 1;
    }
    return pixels;
  }

  @Test
  void learnsOneBatchByHeart() {
    try (Backend backend = Backends.open("cpu");
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 48, 2).create(backend, KEY)) {
      TrainingStep step =
          new TrainingStep(backend, lstm, new Adam(backend, lstm.parameters(), 0, 1));
      double first = step.run(patterns(), 4, 1e-2f);
      double last = first;
      for (int k = 0; k < 120; k++) {
        last = step.run(patterns(), 4, 1e-2f);
      }
      assertThat(first).isBetween(500.0, 600.0);
      assertThat(last).isLessThan(60);
    }
  }

  @Test
  void aStepReservesNothingAfterTheFirst() {
    try (Backend backend = Backends.open("cpu");
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 7, 2).create(backend, KEY)) {
      TrainingStep step = new TrainingStep(backend, lstm, new Adam(backend, lstm.parameters()));
      step.run(patterns(), 4, 1e-3f);
      long reserved = backend.reservedBytes();
      for (int k = 0; k < 3; k++) {
        step.run(patterns(), 4, 1e-3f);
      }
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void startsFromTheMeanOfAllPixels() {
    try (Backend backend = Backends.reference();
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 3, 1).create(backend, KEY)) {
      double[] means = new double[784];
      Arrays.fill(means, 0, 392, 0.4);
      lstm.startFromMeans(means);
      assertThat(backend.readDoubles(lstm.output().bias().value())[0])
          .isCloseTo(Math.log(0.2 / 0.8), within(1e-6));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, --hidden must be from 1 to 16384 but is 0",
    "16385, 1, --hidden must be from 1 to 16384 but is 16385",
    "8, 0, --layers must be from 1 to 1024 but is 0"
  })
  void refusesSizesInOneLine(int hidden, int layers, String message) {
    assertThatThrownBy(() -> new LstmConfig(ImageShape.MNIST, hidden, layers))
        .isInstanceOf(UserException.class)
        .hasMessage("lstm: " + message);
  }

  @Test
  void refusesTensorsThatDoNotFit() {
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      Tensor x = scope.zeros(5, 2, 3);
      Tensor wx = scope.zeros(8, 3);
      Tensor wh = scope.zeros(8, 2);
      Tensor b = scope.zeros(8);
      assertThatThrownBy(() -> ops.lstm(scope.zeros(5, 3), wx, b, wh, b))
          .hasMessage("lstm: x must be (T,B,I) but is (5, 3)");
      assertThatThrownBy(() -> ops.lstm(x, wx, b, scope.zeros(8, 3), b))
          .hasMessage("lstm: wh must be (4H,H) but is (8, 3)");
      assertThatThrownBy(() -> ops.lstm(x, scope.zeros(8, 4), b, wh, b))
          .hasMessage("lstm: inputs of 3 and wh (8, 2) need wx (8, 3) but it is (8, 4)");
      assertThatThrownBy(() -> ops.lstm(x, wx, b, wh, scope.zeros(4)))
          .hasMessage("lstm: wh (8, 2) needs two biases (8) but they are (8) and (4)");
      assertThatThrownBy(() -> ops.timeMajor(scope.zeros(5, 3)))
          .hasMessage("timeMajor: x must be (B,T,C) but is (5, 3)");
      LstmState state = ops.lstmState(wx, b, wh, b, 2);
      assertThatThrownBy(() -> state.step(scope.zeros(3, 3)))
          .hasMessage("lstm: a step wants x (2, 3) but got (3, 3)");
    }
  }

  /// What a step reads is the pixel before it with its place, and zeros at first.
  @Test
  void readsThePixelBeforeWithItsPlace() {
    try (Backend backend = Backends.reference();
        Lstm lstm = new LstmConfig(ImageShape.MNIST, 2, 1).create(backend, KEY);
        Scope scope = backend.open("test")) {
      Tensor pixels = scope.floats(2, 784);
      float[] values = Philox.uniforms(KEY, 2 * 784);
      backend.write(pixels, values);
      Tensor inputs = lstm.inputs(new Ops(backend, scope, null), pixels);
      assertThat(inputs.shape().dims()).containsExactly(784, 2, 3);
      double[] got = backend.readDoubles(inputs);
      assertThat(new double[] {got[0], got[1], got[2], got[3]}).containsOnly(0);
      int at = (30 * 2 + 1) * 3; // step 30 of image 1 reads pixel 29: row 1, column 1
      assertThat(got[at]).isEqualTo(values[784 + 29]);
      assertThat(got[at + 1]).isCloseTo(1 / 27.0, within(1e-7));
      assertThat(got[at + 2]).isCloseTo(1 / 27.0, within(1e-7));
    }
  }
}
