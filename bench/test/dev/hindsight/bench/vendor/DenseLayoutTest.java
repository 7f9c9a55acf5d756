package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
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
      OpCall op = OpCall.of(opCase, cpu, tensors);
      Convolution c = VendorBench.convolution(op, cpu);
      float[] theirs = dense(c, layout);
      float[] ours = cpu.readFloats(tensors.get("y"));
      float[] bias = cpu.readFloats(tensors.get("b"));
      float[] y = c.output(layout, theirs, bias);
      for (int k = 0; k < ours.length; k++) {
        assertThat(y[k]).as("element %d", k).isCloseTo(ours[k], within(1e-4f));
      }
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

  /// cudnnConvolutionForward, CUDNN_CROSS_CORRELATION, stride 1.
  private static float[] dense(Convolution c, Layout layout) {
    float[] x = c.input(layout);
    float[] w = c.filter(layout);
    int high = c.height() + 2 * c.padHeight() - c.dilation() * (c.kernelHeight() - 1);
    int wide = c.paddedWidth() + 2 * c.padWidth() - c.dilation() * (c.kernelWidth() - 1);
    assertThat(high).isEqualTo(c.height());
    assertThat(wide).isEqualTo(c.width());
    float[] y = new float[c.batch() * c.outputs() * high * wide];
    for (int n = 0; n < c.batch(); n++) {
      for (int k = 0; k < c.outputs(); k++) {
        for (int p = 0; p < high; p++) {
          for (int q = 0; q < wide; q++) {
            double sum = 0;
            for (int r = 0; r < c.kernelHeight(); r++) {
              for (int s = 0; s < c.kernelWidth(); s++) {
                int row = p + r * c.dilation() - c.padHeight();
                int column = q + s * c.dilation() - c.padWidth();
                boolean inside =
                    row >= 0 && row < c.height() && column >= 0 && column < c.paddedWidth();
                for (int i = 0; inside && i < c.inputs(); i++) {
                  int at = layout.place(n, i, row, column, c.inputs(), c.height(), c.paddedWidth());
                  int weight =
                      layout.place(k, i, r, s, c.inputs(), c.kernelHeight(), c.kernelWidth());
                  sum += (double) x[at] * w[weight];
                }
              }
            }
            y[layout.place(n, k, p, q, c.outputs(), high, wide)] = (float) sum;
          }
        }
      }
    }
    return y;
  }

  @Test
  void aColumnMajorProductGivesTheOps() {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      OpCase opCase = named("linear 31x32x33");
      var tensors = new CaseTensors(cpu, scope, opCase);
      opCase.forward().run(cpu, tensors::get);
      float[] x = cpu.readFloats(tensors.get("x"));
      float[] w = cpu.readFloats(tensors.get("w"));
      Gemm p = Gemm.ofLayer(Precision.FP32, 31, 32, 33, 'x', 'w', 'y');
      assertThat(p.a()).isEqualTo('w');
      assertThat(p.b()).isEqualTo('x');
      float[] c = new float[31 * 33];
      for (int column = 0; column < p.n(); column++) { // cublasSgemm
        for (int row = 0; row < p.m(); row++) {
          double sum = 0;
          for (int k = 0; k < p.k(); k++) {
            float a = p.transposeA() ? w[row * p.lda() + k] : w[k * p.lda() + row];
            float b = p.transposeB() ? x[k * p.ldb() + column] : x[column * p.ldb() + k];
            sum += (double) a * b;
          }
          c[column * p.ldc() + row] = (float) sum;
        }
      }
      Tensor y = tensors.get("y");
      float[] bias = cpu.readFloats(tensors.get("b"));
      float[] ours = cpu.readFloats(y);
      for (int k = 0; k < ours.length; k++) {
        assertThat(c[k] + bias[k % 33]).as("%d", k).isCloseTo(ours[k], within(1e-4f));
      }
    }
  }

  private static OpCase named(String name) {
    return OpCases.all().stream()
        .filter(each -> each.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name));
  }
}
