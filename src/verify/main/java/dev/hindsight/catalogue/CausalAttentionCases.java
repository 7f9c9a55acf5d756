package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.catalogue.Operand.Role;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The triangular softmax, and fused attention for training and for one position.
final class CausalAttentionCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(triangularSoftmax(), causalAttention(), longer(), attendStep())
        .flatMap(c -> c);
  }

  /// What must not be read holds NaN.
  private static Stream<OpCase> triangularSoftmax() {
    Stream<OpCase> lengths =
        IntStream.of(1, 2, 31, 32, 33, 111, 112, 113).mapToObj(t -> triangularSoftmax(2, t, 0.7f));
    return Stream.concat(
        lengths, Stream.of(triangularSoftmax(1, 36, -1.5f), triangularSoftmax(5, 4, 30)));
  }

  /// Images, positions, heads, width of a head: one off each side of a tile of 112 or 56 rows, and
  /// heads one off each side of what a warp reads at once. 230 positions have tiles that the
  /// diagonal does not meet, in every kernel. Five heads of 32 suit blocks that own a head.
  private static Stream<OpCase> causalAttention() {
    return Stream.of(
            new int[][] {
              {1, 1, 1, 16},
              {3, 2, 2, 5},
              {1, 31, 2, 16},
              {2, 32, 1, 32},
              {1, 33, 3, 17},
              {1, 55, 1, 33},
              {2, 57, 1, 64},
              {1, 30, 1, 128},
              {1, 111, 2, 16},
              {1, 112, 1, 32},
              {2, 113, 1, 20},
              {1, 230, 1, 16},
              {1, 230, 1, 33},
              {1, 230, 1, 64},
              {1, 165, 5, 32},
              {1, 170, 1, 95},
              {1, 165, 1, 128}
            })
        .map(s -> causalAttention(s[0], s[1], s[2], s[3]));
  }

  /// More than the 832 positions of which a block of an H100 in bf16 still holds dq.
  private static Stream<OpCase> longer() {
    return Stream.of(causalAttention(1, 845, 1, 32).withoutGradientChecks());
  }

  private static Stream<OpCase> attendStep() {
    return Stream.of(
            new int[][] {
              {1, 1, 1, 16, 0},
              {3, 7, 2, 5, 0},
              {2, 9, 2, 5, 8},
              {3, 40, 4, 16, 14},
              {1, 40, 2, 32, 15},
              {2, 40, 1, 33, 16},
              {2, 40, 1, 64, 17},
              {1, 131, 1, 128, 130}
            })
        .map(s -> attendStep(s[0], s[1], s[2], s[3], s[4]));
  }

  /// The transformer's heads over whole images; few images, since the reference has to keep up.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        triangularSoftmax(4, 784, 0.2f),
        causalAttention(2, 784, 4, 32),
        causalAttention(1, 784, 4, 16));
  }

  private static OpCase triangularSoftmax(int n, int length, float scale) {
    long live = (long) n * length * (length + 1) / 2;
    CaseBuilder builder =
        new CaseBuilder(
                "triangularSoftmax", "%dx%dx%d scale %s".formatted(n, length, length, scale))
            .reduction(length)
            .in("scores", 1, n, length, length)
            .normal(Role.UPDATED, "p", 1, n, length, length)
            .gradients("p", "scores");
    for (int row = 0; row < n * length; row++) {
      for (int j = row % length + 1; j < length; j++) {
        builder.find("scores").values()[row * length + j] = Double.NaN;
      }
    }
    return builder
        .forward(5 * live, call("causalAttention.triangularSoftmax", "scores", scale, "p"))
        .backward(
            6 * live, call("causalAttention.triangularSoftmaxBackward", "p", scale, "dp dscores"))
        .work(8 * live, 16 * live)
        .build();
  }

  private static OpCase causalAttention(int n, int length, int heads, int width) {
    int channels = heads * width;
    long pairs = (long) n * heads * length * (length + 1) / 2;
    return new CaseBuilder(
            "causalAttention", "%dx%d heads %dx%d".formatted(n, length, heads, width))
        .reduction(Math.max(length, width))
        .in("qkv", 1, n, length, 3 * channels)
        .out("y", n, length, channels)
        .outFp32("lse", n, heads, length)
        .outFp32("delta", n, heads, length)
        .gradients("y", "qkv")
        .forward(4 * pairs * width, call("causalAttention.forward", "qkv", heads, "y lse"))
        .backward(
            10 * pairs * width,
            call("causalAttention.backward", "qkv", heads, "y lse dy delta dqkv"))
        .build();
  }

  private static OpCase attendStep(int n, int length, int heads, int width, int position) {
    int channels = heads * width;
    CaseBuilder builder =
        new CaseBuilder(
                "attendStep",
                "%dx%d heads %dx%d at %d".formatted(n, length, heads, width, position))
            .reduction(Math.max(length, width))
            .fp32("keys", "values")
            .inFp32("qkv", 1, n, 3 * channels)
            .normal(Role.UPDATED, "keys", 1, n, length, channels)
            .normal(Role.UPDATED, "values", 1, n, length, channels)
            .outFp32("y", n, channels);
    for (String cache : new String[] {"keys", "values"}) {
      double[] values = builder.find(cache).values();
      for (int k = 0; k < values.length; k++) {
        if (k / channels % length > position) {
          values[k] = Double.NaN; // not to be read
        }
      }
    }
    return builder
        .forward(
            4L * n * (position + 1) * channels,
            call("causalAttention.attendStep", "qkv", heads, position, "keys values y"))
        .build();
  }
}
