package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.bench.vendor.Convolution.Kernel;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
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
      Convolution c = VendorBench.convolution(opCase, tensors);
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
      Convolution c = VendorBench.convolution(named(name), tensors);
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
    Kernel kernel = c.kernel();
    int high = c.height() + 2 * kernel.pad() - kernel.dilation() * (kernel.height() - 1);
    int wide = c.paddedWidth() + 2 * kernel.pad() - kernel.dilation() * (kernel.width() - 1);
    assertThat(high).isEqualTo(c.height());
    assertThat(wide).isEqualTo(c.width());
    for (int n = 0; n < c.batch(); n++) {
      for (int k = 0; k < c.outputs(); k++) {
        for (int p = 0; p < high; p++) {
          for (int q = 0; q < wide; q++) {
            int to = layout.place(n, k, p, q, c.outputs(), high, wide);
            for (int r = 0; r < kernel.height(); r++) {
              for (int s = 0; s < kernel.width(); s++) {
                int row = p + r * kernel.dilation() - kernel.pad();
                int column = q + s * kernel.dilation() - kernel.pad();
                boolean inside =
                    row >= 0 && row < c.height() && column >= 0 && column < c.paddedWidth();
                for (int i = 0; inside && i < c.inputs(); i++) {
                  product.at(
                      layout.place(n, i, row, column, c.inputs(), c.height(), c.paddedWidth()),
                      layout.place(k, i, r, s, c.inputs(), kernel.height(), kernel.width()),
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
  void columnMajorProductsGiveTheOpAndItsGradients() {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      CaseTensors t = bothPhases(cpu, scope, "linear 31x32x33", "dx", "dw");
      float[] y = product(cpu, new Gemm(t.get("x"), false, t.get("w"), true, 0, t.get("y")));
      float[] bias = cpu.readFloats(t.get("b"));
      for (int k = 0; k < y.length; k++) {
        y[k] += bias[k % 33];
      }
      same(y, cpu.readFloats(t.get("y")));
      Gemm dx = new Gemm(t.get("dy"), false, t.get("w"), false, 1, t.get("dx"));
      same(product(cpu, dx), cpu.readFloats(t.get("dx")));
      Gemm dw = new Gemm(t.get("dy"), true, t.get("x"), false, 1, t.get("dw"));
      same(product(cpu, dw), cpu.readFloats(t.get("dw")));
    }
  }

  /// cublasSgemm of a C that is 0, whose columns lie `m` apart; B comes first.
  private static float[] product(Backend cpu, Gemm p) {
    float[] first = cpu.readFloats(p.b());
    float[] second = cpu.readFloats(p.a());
    int lda = p.b().channels();
    int ldb = p.a().channels();
    float[] c = new float[p.m() * p.n()];
    for (int column = 0; column < p.n(); column++) {
      for (int row = 0; row < p.m(); row++) {
        double sum = 0;
        for (int k = 0; k < p.k(); k++) {
          float a = p.transposeB() ? first[row * lda + k] : first[k * lda + row];
          float b = p.transposeA() ? second[k * ldb + column] : second[column * ldb + k];
          sum += (double) a * b;
        }
        c[column * p.m() + row] = (float) sum;
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
