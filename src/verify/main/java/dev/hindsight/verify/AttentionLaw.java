package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Outcome;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/// Fused attention against its law on one backend: [Ops#triangularSoftmax] of all scores, times v,
/// and the gradient of that. The products around the softmax are the host's, in double; what no
/// position may look at is NaN.
final class AttentionLaw {
  /// A query and a key that it sees: where its score lies, and q, k, v and y.
  @FunctionalInterface
  private interface Pair {
    void visit(int score, int q, int k, int v, int y);
  }

  private final Backend backend;
  private final OpCase attention;
  private final int images;
  private final int heads;
  private final int length;
  private final int width;
  private final double[] qkv;
  private final double[] dy;

  private AttentionLaw(Backend backend, OpCase attention) {
    Shape lse = attention.operand("lse").shape();
    this.backend = backend;
    this.attention = attention;
    this.images = lse.dim(0);
    this.heads = lse.dim(1);
    this.length = lse.dim(2);
    this.width = attention.operand("y").shape().channels() / heads;
    this.qkv = attention.operand("qkv").values();
    this.dy = attention.operand("dy").values();
  }

  /// @param attention a case of `causalAttention`, with values that the backend stores
  static Outcome check(Backend backend, OpCase attention) {
    return new AttentionLaw(backend, attention).check();
  }

  private Outcome check() {
    double[] y = new double[dy.length];
    double[] dqkv = new double[qkv.length];
    double[] fusedY;
    double[] fusedDqkv;
    try (Scope scope = backend.open("law")) {
      law(scope, y, dqkv);
      Tape tape = new Tape(scope);
      Tensor x = tensor(scope, backend.storage(), qkv, images, length, 3 * heads * width);
      Tensor dx = bound(scope, tape, x);
      Tensor out = new Ops(backend, scope, tape).causalAttention(x, heads);
      fusedY = backend.readDoubles(out);
      tape.backward(out, tensor(scope, out.type(), dy, images, length, heads * width));
      fusedDqkv = backend.readDoubles(dx);
    }
    return Parity.compare(
        attention,
        "law",
        backend.precision(),
        Map.of("y", fusedY, "dqkv", fusedDqkv)::get,
        Map.of("y", y, "dqkv", dqkv));
  }

  private void law(Scope scope, double[] y, double[] dqkv) {
    double[] scores = new double[images * heads * length * length];
    Arrays.fill(scores, Double.NaN);
    double[] dp = scores.clone();
    eachPair((s, q, k, _, _) -> scores[s] = dot(qkv, q, qkv, k));
    Tape tape = new Tape(scope);
    int rows = images * heads;
    Tensor x = tensor(scope, ElementType.FP32, scores, rows, length, length);
    Tensor dx = bound(scope, tape, x);
    Tensor out = new Ops(backend, scope, tape).triangularSoftmax(x, (float) (1 / Math.sqrt(width)));
    double[] p = backend.readDoubles(out);
    eachPair(
        (s, _, _, v, at) -> {
          add(p[s], qkv, v, y, at);
          dp[s] = dot(dy, at, qkv, v);
        });
    tape.backward(out, tensor(scope, ElementType.FP32, dp, rows, length, length));
    double[] ds = backend.readDoubles(dx);
    eachPair(
        (s, q, k, v, at) -> {
          add(ds[s], qkv, k, dqkv, q);
          add(ds[s], qkv, q, dqkv, k);
          add(p[s], dy, at, dqkv, v);
        });
  }

  private void eachPair(Pair pair) {
    int channels = heads * width;
    for (int n = 0; n < images * heads; n++) {
      int image = n / heads * length;
      int head = n % heads * width;
      for (int i = 0; i < length; i++) {
        int query = image + i;
        for (int j = 0; j <= i; j++) {
          int key = 3 * (image + j) * channels + head;
          pair.visit(
              (n * length + i) * length + j,
              3 * query * channels + head,
              key + channels,
              key + 2 * channels,
              query * channels + head);
        }
      }
    }
  }

  private double dot(double[] a, int from, double[] b, int at) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += a[from + d] * b[at + d];
    }
    return sum;
  }

  private void add(double factor, double[] a, int from, double[] sum, int at) {
    for (int d = 0; d < width; d++) {
      sum[at + d] += factor * a[from + d];
    }
  }

  private Tensor tensor(Scope scope, ElementType type, double[] values, int... dims) {
    Tensor t = scope.tensor(type, dims);
    backend.write(t, values);
    return t;
  }

  private static Tensor bound(Scope scope, Tape tape, Tensor x) {
    Tensor dx = scope.tensor(x.type(), x.shape().dims());
    scope.clear(dx);
    tape.bind(x, dx);
    return dx;
  }
}
