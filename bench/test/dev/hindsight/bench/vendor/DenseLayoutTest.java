package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a library is told computes what the op does: its documented function, in plain Java, with
/// those arguments gives the op's result.
@Tag("slow")
class DenseLayoutTest {
  @ParameterizedTest
  @MethodSource("convolutions")
  void aDenseConvolutionGivesTheOps(String name, Layout layout) {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      OpCase opCase = named(name);
      var tensors = new CaseTensors(cpu, scope, opCase);
      opCase.forward().run(cpu, tensors::get);
      Convolution c = VendorBench.convolution(OpCall.of(opCase, cpu, tensors), tensors);
      float[] x = x(cpu, tensors, c, layout);
      float[] w = w(cpu, tensors, c, layout);
      float[] y = new float[c.outputSize()];
      each(
          c, layout, (from, weight, to) -> y[to] += x[from] * w[weight]); // cudnnConvolutionForward
      float[] theirs = Convolution.gather(y, c.ofOutput(layout), y.length);
      float[] bias = cpu.readFloats(tensors.get("b"));
      for (int k = 0; k < theirs.length; k++) {
        theirs[k] += bias[k % bias.length];
      }
      same(theirs, cpu.readFloats(tensors.get("y")));
    }
  }

  private static float[] x(Backend cpu, CaseTensors tensors, Convolution c, Layout layout) {
    float[] x = cpu.readFloats(tensors.get("x"));
    return Convolution.scatter(x, c.ofInput(layout), c.inputSize());
  }

  private static float[] w(Backend cpu, CaseTensors tensors, Convolution c, Layout layout) {
    float[] w = cpu.readFloats(tensors.get("w"));
    return Convolution.scatter(w, c.ofFilter(layout), c.filterSize());
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void aDenseConvolutionGivesItsGradients(String name, Layout layout) {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      CaseTensors tensors = bothPhases(cpu, scope, name, "dx", "dw");
      Convolution c = VendorBench.convolution(OpCall.of(named(name), cpu, tensors), tensors);
      float[] dx = new float[c.inputSize()];
      float[] dw = new float[c.filterSize()];
      float[] dy =
          Convolution.scatter(
              cpu.readFloats(tensors.get("dy")), c.ofOutput(layout), c.outputSize());
      float[] x = x(cpu, tensors, c, layout);
      float[] w = w(cpu, tensors, c, layout);
      each(
          c,
          layout,
          (from, weight, to) -> { // cudnnConvolutionBackwardData, cudnnConvolutionBackwardFilter
            dx[from] += dy[to] * w[weight];
            dw[weight] += dy[to] * x[from];
          });
      float[] ours = cpu.readFloats(tensors.get("dx"));
      same(Convolution.gather(dx, c.ofInput(layout), ours.length), ours);
      ours = cpu.readFloats(tensors.get("dw"));
      same(Convolution.gather(dw, c.ofFilter(layout), ours.length), ours);
    }
  }

  static Stream<Object[]> convolutions() {
    return Stream.of(
            "causalConv1d 3x5x2x7 width 2 dilation 8",
            "causalConv1d 3x13x17x31 width 3 dilation 5",
            "maskedConv2d 2x7x5x1 to 33 before 5x5",
            "maskedConv2d 2x4x9x8 to 12 left 7x7",
            "maskedConv2d 2x5x3x12 to 7 one above 3x3")
        .flatMap(name -> Stream.of(Layout.values()).map(layout -> new Object[] {name, layout}));
  }

  private interface Product {
    void at(int input, int weight, int output);
  }

  /// Every product of CUDNN_CROSS_CORRELATION with stride 1.
  private static void each(Convolution c, Layout layout, Product product) {
    int high = c.height() + 2 * c.pad() - c.dilation() * (c.kernelHeight() - 1);
    int wide = c.paddedWidth() + 2 * c.pad() - c.dilation() * (c.kernelWidth() - 1);
    assertThat(high).isEqualTo(c.height());
    assertThat(wide).isEqualTo(c.width());
    for (int n = 0; n < c.batch(); n++) {
      for (int k = 0; k < c.outputs(); k++) {
        for (int p = 0; p < high; p++) {
          for (int q = 0; q < wide; q++) {
            int to = layout.place(n, k, p, q, c.outputs(), high, wide);
            for (int r = 0; r < c.kernelHeight(); r++) {
              for (int s = 0; s < c.kernelWidth(); s++) {
                int row = p + r * c.dilation() - c.pad();
                int column = q + s * c.dilation() - c.pad();
                boolean inside =
                    row >= 0 && row < c.height() && column >= 0 && column < c.paddedWidth();
                for (int i = 0; inside && i < c.inputs(); i++) {
                  product.at(
                      layout.place(n, i, row, column, c.inputs(), c.height(), c.paddedWidth()),
                      layout.place(k, i, r, s, c.inputs(), c.kernelHeight(), c.kernelWidth()),
                      to);
                }
              }
            }
          }
        }
      }
    }
  }

  @Test
  void aColumnMajorProductGivesTheOps() {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      OpCase opCase = named("linear 31x32x33");
      var tensors = new CaseTensors(cpu, scope, opCase);
      opCase.forward().run(cpu, tensors::get);
      Gemm p = Gemm.ofLayer(Precision.FP32, 31, 32, 33, 'x', 'w', 'y');
      assertThat(p.a()).isEqualTo('w');
      assertThat(p.b()).isEqualTo('x');
      float[] c = product(p, cpu.readFloats(tensors.get("w")), cpu.readFloats(tensors.get("x")));
      float[] bias = cpu.readFloats(tensors.get("b"));
      for (int k = 0; k < c.length; k++) {
        c[k] += bias[k % 33];
      }
      same(c, cpu.readFloats(tensors.get("y")));
    }
  }

  @Test
  void columnMajorProductsGiveItsGradients() {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      CaseTensors tensors = bothPhases(cpu, scope, "linear 31x32x33", "dx", "dw");
      float[] dy = cpu.readFloats(tensors.get("dy"));
      Gemm ofInput = Gemm.ofInputGradient(Precision.FP32, 31, 32, 33, 'g', 'w', 'd');
      assertThat(List.of(ofInput.a(), ofInput.b())).containsExactly((long) 'w', (long) 'g');
      same(
          product(ofInput, cpu.readFloats(tensors.get("w")), dy),
          cpu.readFloats(tensors.get("dx")));
      Gemm ofWeights = Gemm.ofWeightGradient(Precision.FP32, 31, 32, 33, 'g', 'x', 'd', 1);
      assertThat(List.of(ofWeights.a(), ofWeights.b())).containsExactly((long) 'x', (long) 'g');
      same(
          product(ofWeights, cpu.readFloats(tensors.get("x")), dy),
          cpu.readFloats(tensors.get("dw")));
    }
  }

  /// cublasSgemm of a C that is 0.
  private static float[] product(Gemm p, float[] as, float[] bs) {
    assertThat(p.ldc()).isEqualTo(p.m());
    float[] c = new float[p.m() * p.n()];
    for (int column = 0; column < p.n(); column++) {
      for (int row = 0; row < p.m(); row++) {
        double sum = 0;
        for (int k = 0; k < p.k(); k++) {
          float a = p.transposeA() ? as[row * p.lda() + k] : as[k * p.lda() + row];
          float b = p.transposeB() ? bs[k * p.ldb() + column] : bs[column * p.ldb() + k];
          sum += (double) a * b;
        }
        c[column * p.ldc() + row] = (float) sum;
      }
    }
    return c;
  }

  private static CaseTensors bothPhases(
      Backend cpu, Scope scope, String name, String... gradients) {
    OpCase opCase = named(name);
    var tensors = new CaseTensors(cpu, scope, opCase);
    for (String gradient : gradients) {
      cpu.fill(tensors.get(gradient), 0);
    }
    opCase.forward().run(cpu, tensors::get);
    Objects.requireNonNull(opCase.backward()).run(cpu, tensors::get);
    return tensors;
  }

  private static void same(float[] theirs, float[] ours) {
    assertThat(theirs).hasSameSizeAs(ours);
    for (int k = 0; k < ours.length; k++) {
      assertThat(theirs[k]).as("element %d", k).isCloseTo(ours[k], within(1e-4f));
    }
  }

  private static OpCase named(String name) {
    return OpCases.all().stream()
        .filter(each -> each.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name));
  }
}
