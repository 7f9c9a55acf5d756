package dev.hindsight.bench.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.Scope;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// As [DenseLayoutTest], for what is done along sequences: attention, softmax, LSTM.
@Tag("slow")
class DenseSequencesTest {
  @ParameterizedTest
  @ValueSource(strings = {"causalAttention 3x2 heads 2x5", "causalAttention 1x33 heads 3x17"})
  void attentionOfWindowsGivesTheOps(String name) {
    int heads = name.endsWith("17") ? 3 : 2;
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      CaseTensors tensors = bothPhases(cpu, scope, name, "dqkv");
      AttentionLayout layout = AttentionLayout.of(tensors.get("qkv"), heads);
      float[] qkv = cpu.readFloats(tensors.get("qkv"));
      float[] dy = layout.apart(cpu.readFloats(tensors.get("dy")), 0, 1);
      var theirs =
          new Attention(
              layout, layout.apart(qkv, 0, 3), layout.apart(qkv, 1, 3), layout.apart(qkv, 2, 3));
      theirs.run(dy);
      float[] y = new float[layout.size()];
      layout.join(theirs.y, 0, 1, y);
      same(y, cpu.readFloats(tensors.get("y")));
      float[] dqkv = new float[qkv.length];
      layout.join(theirs.dq, 0, 3, dqkv);
      layout.join(theirs.dk, 1, 3, dqkv);
      layout.join(theirs.dv, 2, 3, dqkv);
      same(dqkv, cpu.readFloats(tensors.get("dqkv")));
    }
  }

  /// cudnnMultiHeadAttnForward and cudnnMultiHeadAttnBackwardData with one head and without
  /// projections: a softmax of scaled scores over the window of each position.
  private static final class Attention {
    private final AttentionLayout layout;
    private final float[] q;
    private final float[] k;
    private final float[] v;
    private final float[] y;
    private final float[] dq;
    private final float[] dk;
    private final float[] dv;

    Attention(AttentionLayout layout, float[] q, float[] k, float[] v) {
      this.layout = layout;
      this.q = q;
      this.k = k;
      this.v = v;
      y = new float[q.length];
      dq = new float[q.length];
      dk = new float[q.length];
      dv = new float[q.length];
    }

    void run(float[] dy) {
      for (int sequence = 0; sequence < layout.sequences(); sequence++) {
        int first = sequence * layout.length();
        assertThat(layout.lengths()[sequence]).isEqualTo(layout.length());
        for (int t = 0; t < layout.length(); t++) {
          row(first + t, first + layout.first()[t], first + layout.behind()[t], dy);
        }
      }
    }

    private void row(int t, int low, int high, float[] dy) {
      int width = layout.width();
      double scale = 1 / Math.sqrt(width);
      double[] p = new double[high - low];
      double[] dp = new double[high - low];
      double sum = 0;
      for (int j = low; j < high; j++) {
        p[j - low] = Math.exp(scale * dot(q, t, k, j));
        sum += p[j - low];
      }
      double mean = 0;
      for (int j = low; j < high; j++) {
        p[j - low] /= sum;
        dp[j - low] = dot(dy, t, v, j);
        mean += p[j - low] * dp[j - low];
      }
      for (int j = low; j < high; j++) {
        double ds = scale * p[j - low] * (dp[j - low] - mean);
        for (int d = 0; d < width; d++) {
          y[t * width + d] += (float) (p[j - low] * v[j * width + d]);
          dv[j * width + d] += (float) (p[j - low] * dy[t * width + d]);
          dq[t * width + d] += (float) (ds * k[j * width + d]);
          dk[j * width + d] += (float) (ds * q[t * width + d]);
        }
      }
    }

    private double dot(float[] a, int row, float[] b, int column) {
      double sum = 0;
      for (int d = 0; d < layout.width(); d++) {
        sum += (double) a[row * layout.width() + d] * b[column * layout.width() + d];
      }
      return sum;
    }
  }

  /// cudnnSoftmaxBackward, dx = alpha·y·(dy - Σ y·dy) over whole rows.
  @Test
  void theGradientOfWholeRowsIsThatOfTheTriangle() {
    try (Backend cpu = Backends.open("cpu");
        Scope scope = cpu.open("case")) {
      CaseTensors tensors =
          bothPhases(cpu, scope, "triangularSoftmax 2x33x33 scale 0.7", "dscores");
      float[] p = cpu.readFloats(tensors.get("p"));
      float[] dp = cpu.readFloats(tensors.get("dp"));
      float[] ours = cpu.readFloats(tensors.get("dscores"));
      for (int row = 0; row < 66; row++) {
        double mean = 0;
        for (int j = 0; j < 33; j++) {
          p[row * 33 + j] = CudnnSoftmax.above(row * 33 + j, 33) ? 0 : p[row * 33 + j];
          mean += (double) p[row * 33 + j] * dp[row * 33 + j];
        }
        for (int j = 0; j < 33; j++) {
          float theirs = (float) (0.7f * p[row * 33 + j] * (dp[row * 33 + j] - mean));
          assertThat(theirs).isCloseTo(ours[row * 33 + j], within(1e-5f));
        }
      }
    }
  }

  @Test
  void theGradientOfASingleInputIsThatOfItsProducts() {
    float[] products = {1, 2, 3, 4, 10, 20, 30, 40}; // 2 steps of 4 gates
    float[] weights = {0.5f, -1, 2, 0};
    assertThat(CudnnLstmGradients.inputGradient(products, weights)).containsExactly(4.5f, 45);
  }

  private static CaseTensors bothPhases(Backend cpu, Scope scope, String name, String gradient) {
    OpCase opCase = StubRows.named(name);
    var tensors = new CaseTensors(cpu, scope, opCase);
    cpu.fill(tensors.get(gradient), 0);
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
}
