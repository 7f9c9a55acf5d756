package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.Taps;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Linear;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MuonTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final float RATE = 0.03f;
  private static final float FACTOR = 7;
  private static final float DECAY = 0.5f;
  private static final double MOMENTUM = 0.95;
  private static final Set<String> LAYERS =
      Set.of(
          "wide.weight",
          "tall.weight",
          "wide kernel.weight",
          "tall kernel.weight",
          "three.weight",
          "two kernels.weight");

  private static Backend open(String name) {
    return name.equals("cpu")
        ? Backends.open("cpu", Precision.FP32)
        : Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.FP32);
  }

  /// A wide matrix, a tall one, a kernel that is wide and one that is tall, three matrices below
  /// each other and two such kernels, all of them with their biases, and embeddings.
  private static Parameters parameters(Backend backend) {
    Parameters parameters = new Parameters(backend);
    var taps = MaskedConv2d.Window.whole(Taps.upTo(3));
    new Linear(parameters, "wide", 11, 5, KEY);
    new Linear(parameters, "tall", 3, 13, KEY);
    new MaskedConv2d(parameters, "wide kernel", taps, 3, 7, true, KEY);
    new MaskedConv2d(parameters, "tall kernel", taps, 2, 17, true, KEY);
    new Linear(parameters, "three", 5, 21, KEY).weight().stack(3);
    new MaskedConv2d(parameters, "two kernels", taps, 3, 10, true, KEY).weight().stack(2);
    new ClassBias(parameters, 0, 4, 6);
    parameters.allocate();
    return parameters;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "software GPU"})
  void stepsOrthogonallyInLayersAndAsAdamElsewhere(String name) {
    try (Backend backend = open(name);
        Parameters ours = parameters(backend);
        Parameters adams = parameters(backend);
        Scope scope = backend.open("test")) {
      Muon muon = new Muon(backend, ours, FACTOR, DECAY, 1);
      Adam adam = new Adam(backend, adams, DECAY, 1);
      Map<Parameter, double[]> momenta = new HashMap<>();
      for (int step = 0; step < 3; step++) {
        Map<Parameter, float[]> before = new HashMap<>();
        for (int k = 0; k < ours.all().size(); k++) {
          Parameter p = ours.all().get(k);
          float[] gradient = gradient(p, step);
          before.put(p, backend.readFloats(p.value()));
          backend.write(p.grad(), gradient);
          backend.write(adams.all().get(k).grad(), gradient);
        }
        muon.step(scope, RATE);
        adam.step(scope, RATE);
        for (int k = 0; k < ours.all().size(); k++) {
          Parameter p = ours.all().get(k);
          float[] now = backend.readFloats(p.value());
          assertThat(backend.readFloats(p.grad())).as(p.name()).containsOnly(0);
          if (LAYERS.contains(p.name())) {
            double[] momentum =
                momenta.computeIfAbsent(p, _ -> new double[Math.toIntExact(p.shape().size())]);
            double[] wanted =
                stepped(p, Objects.requireNonNull(before.get(p)), gradient(p, step), momentum);
            for (int i = 0; i < now.length; i++) {
              assertThat((double) now[i])
                  .as("%s, element %d of step %d", p.name(), i, step)
                  .isCloseTo(wanted[i], within(1e-5));
            }
          } else {
            float[] byAdam = backend.readFloats(adams.all().get(k).value());
            assertThat(now).as(p.name()).isEqualTo(byAdam);
          }
        }
      }
    }
  }

  private static float[] gradient(Parameter p, int step) {
    double[] normals = Philox.normals(KEY.fold(p.name()).fold(step), (int) p.shape().size());
    float[] gradient = new float[normals.length];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) normals[i];
    }
    return gradient;
  }

  /// By the paper, in double and number by number.
  ///
  /// @param momentum moves on
  private static double[] stepped(Parameter p, float[] w, float[] gradient, double[] momentum) {
    int inputs = p.shape().channels();
    int outputs = p.shape().dim(p.shape().rank() - 2);
    int taps = w.length / inputs / outputs;
    double[][] x = new double[outputs][taps * inputs];
    for (int i = 0; i < w.length; i++) {
      momentum[i] = MOMENTUM * momentum[i] + (1 - MOMENTUM) * gradient[i];
      double ahead = MOMENTUM * momentum[i] + (1 - MOMENTUM) * gradient[i];
      x[i / inputs % outputs][i / inputs / outputs * inputs + i % inputs] = ahead;
    }
    int rows = outputs / p.matrices();
    for (int from = 0; from < outputs; from += rows) {
      double[][] one = orthogonal(Arrays.copyOfRange(x, from, from + rows));
      System.arraycopy(one, 0, x, from, rows);
    }
    double rate = FACTOR * RATE;
    double length = Math.sqrt(Math.max(1, rows / (double) (taps * inputs)));
    double[] stepped = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      double direction = x[i / inputs % outputs][i / inputs / outputs * inputs + i % inputs];
      stepped[i] = (1 - rate * DECAY) * w[i] - rate * length * direction;
    }
    return stepped;
  }

  private static double[][] orthogonal(double[][] matrix) {
    double norm =
        Math.sqrt(Arrays.stream(matrix).flatMapToDouble(Arrays::stream).map(v -> v * v).sum());
    double[][] x = plus(1 / norm, matrix, 0, matrix);
    for (int k = 0; k < 5; k++) {
      double[][] gram = times(x, transposed(x));
      x = plus(1, plus(3.4445, x, -4.7750, times(gram, x)), 2.0315, times(gram, times(gram, x)));
    }
    return x;
  }

  private static double[][] plus(double s, double[][] a, double t, double[][] b) {
    double[][] sum = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        sum[i][j] = s * a[i][j] + t * b[i][j];
      }
    }
    return sum;
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          product[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return product;
  }

  private static double[][] transposed(double[][] a) {
    double[][] turned = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        turned[j][i] = a[i][j];
      }
    }
    return turned;
  }

  @Test
  void refusesAModelOfMasksAlone() {
    MadeConfig made = MadeConfig.random(new ImageShape(3, 3), 8, 1, KEY);
    try (Backend backend = open("cpu");
        var model = made.create(backend, KEY)) {
      assertThatThrownBy(() -> new Muon(backend, model.parameters(), FACTOR, 0, 0))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("--optimizer adam");
    }
  }

  /// Without a gradient there is no direction, and nothing to divide by.
  @Test
  void staysWhereThereIsNoGradient() {
    try (Backend backend = open("cpu");
        Parameters parameters = parameters(backend);
        Scope scope = backend.open("test")) {
      float[] before = backend.readFloats(parameters.flat().value());
      new Muon(backend, parameters, FACTOR, 0, 0).step(scope, RATE);
      assertThat(backend.readFloats(parameters.flat().value())).isEqualTo(before);
    }
  }
}
