package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import java.util.stream.Stream;

/// Linear layers over the weights that exist.
final class MaskedLinearCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    Stream<OpCase> shapes =
        Arrays.stream(LinearCases.SHAPES)
            .flatMap(
                s ->
                    Stream.of(false, true)
                        .map(strict -> masked(s[0], s[1], s[2], strict, Activation.RELU)));
    Stream<OpCase> activations = LinearCases.fusable().map(f -> masked(37, 200, 43, false, f));
    Stream<OpCase> columns =
        Stream.of(
            columns(25, 200, 43, 7, 8),
            columns(3, 65, 129, 120, 129),
            columns(1, 5, 7, 0, 3),
            columns(5, 1, 7, 0, 1));
    return Stream.of(shapes, activations, columns).flatMap(c -> c);
  }

  /// The sizes that MADE trains with; too large to run on the software GPU in a test.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        masked(64, 784, 1024, false, Activation.RELU),
        masked(64, 1024, 1024, false, Activation.RELU),
        masked(64, 1024, 784, true, Activation.IDENTITY));
  }

  @Override
  public Stream<OpCase> chunks() {
    return Stream.of(masked(257, 66, 300, true, Activation.SIGMOID));
  }

  private static OpCase masked(int n, int i, int o, boolean strict, Activation f) {
    Degrees degrees = degrees(i, o, strict);
    long flops = 2L * n * degrees.count();
    CaseBuilder builder = LinearCases.layer("maskedLinear", n, i, o, strict ? " strict" : "", f);
    clearMasked(builder.find("w"), degrees);
    return builder
        .forward(flops, call("maskedLinear.forward", "x w b", degrees, f, 0, o, "y"))
        .backward(2 * flops, call("maskedLinear.backward", "x w", degrees, f, "y dy dx dw db"))
        .build();
  }

  /// What the sampler asks for: a few outputs, the rest untouched.
  private static OpCase columns(int n, int i, int o, int from, int to) {
    Degrees degrees = degrees(i, o, false);
    CaseBuilder builder =
        new CaseBuilder("maskedLinear", "%dx%dx%d columns %d..%d".formatted(n, i, o, from, to))
            .reduction(i)
            .in("x", 1, n, i)
            .weight("w", 1 / Math.sqrt(i), o, i)
            .inFp32("b", 0.5, o)
            .normal(Role.UPDATED, "y", 1, n, o);
    clearMasked(builder.find("w"), degrees);
    return builder
        .forward(
            2L * n * i * (to - from),
            call("maskedLinear.forward", "x w b", degrees, Activation.TANH, from, to, "y"))
        .build();
  }

  /// Random degrees; some outputs see nothing and some inputs are seen by nobody.
  static Degrees degrees(int inputs, int outputs, boolean strict) {
    RandomKey key = RandomKey.of(2).fold(inputs).fold(outputs);
    return new Degrees(
        ascending(key.fold("in"), inputs), ascending(key.fold("out"), outputs), strict);
  }

  private static int[] ascending(RandomKey key, int count) {
    float[] u = Philox.uniforms(key, count);
    int[] degrees = new int[count];
    Arrays.setAll(degrees, k -> 1 + (int) (u[k] * 100));
    Arrays.sort(degrees);
    return degrees;
  }

  private static void clearMasked(Operand w, Degrees degrees) {
    int inputs = degrees.inputs();
    for (int o = 0; o < degrees.outputs(); o++) {
      Arrays.fill(w.values(), o * inputs + degrees.live(o), (o + 1) * inputs, 0);
    }
  }
}
