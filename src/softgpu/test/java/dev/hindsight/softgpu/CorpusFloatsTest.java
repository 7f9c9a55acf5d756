package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.FloatReferences.SPARSE;
import static dev.hindsight.softgpu.FloatReferences.adam;
import static dev.hindsight.softgpu.FloatReferences.at;
import static dev.hindsight.softgpu.FloatReferences.attention;
import static dev.hindsight.softgpu.FloatReferences.call;
import static dev.hindsight.softgpu.FloatReferences.cholesky;
import static dev.hindsight.softgpu.FloatReferences.column;
import static dev.hindsight.softgpu.FloatReferences.cosine;
import static dev.hindsight.softgpu.FloatReferences.definite;
import static dev.hindsight.softgpu.FloatReferences.each;
import static dev.hindsight.softgpu.FloatReferences.enlarged;
import static dev.hindsight.softgpu.FloatReferences.force;
import static dev.hindsight.softgpu.FloatReferences.fourier;
import static dev.hindsight.softgpu.FloatReferences.fractions;
import static dev.hindsight.softgpu.FloatReferences.gelu;
import static dev.hindsight.softgpu.FloatReferences.jacobi;
import static dev.hindsight.softgpu.FloatReferences.laplace3;
import static dev.hindsight.softgpu.FloatReferences.nearest;
import static dev.hindsight.softgpu.FloatReferences.numbers;
import static dev.hindsight.softgpu.FloatReferences.rotary;
import static dev.hindsight.softgpu.FloatReferences.row;
import static dev.hindsight.softgpu.FloatReferences.rows;
import static dev.hindsight.softgpu.FloatReferences.sobel;
import static dev.hindsight.softgpu.FloatReferences.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.softgpu.base.Dim3;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The kernels of `corpus_float.cu` and `corpus_layers.cu` compute what Java does with doubles, and
/// no check complains.
class CorpusFloatsTest {
  private static final int[] NONE = {0};
  private static final float[] WEIGHTS = {0.1f, 0.2f, 0.4f, 0.2f, 0.1f};

  /// @param most how far a result may lie off, beside as much of its own size
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Sample(
      String kernel,
      Dim3 grid,
      Dim3 block,
      int n,
      float[] x,
      int[] k,
      int results,
      double most,
      Function<float[], double[]> y) {}

  private static Sample of(
      String kernel, int blocks, int threads, int n, int inputs, Function<float[], double[]> y) {
    return with(kernel, blocks, threads, n, numbers(inputs), NONE, y);
  }

  private static Sample with(
      String kernel,
      int blocks,
      int threads,
      int n,
      float[] x,
      int[] k,
      Function<float[], double[]> y) {
    int results = y.apply(x).length;
    return new Sample(kernel, new Dim3(blocks), new Dim3(threads), n, x, k, results, 1e-5, y);
  }

  private static Sample flat(Sample s, int tiles) {
    Dim3 grid = new Dim3(tiles, tiles);
    return new Sample(s.kernel, grid, new Dim3(8, 8), s.n, s.x, s.k, s.results, s.most, s.y);
  }

  private static List<Sample> samples() {
    int[] classes = new Random(5).ints(70, 0, 5).toArray();
    float[] sparse = numbers(SPARSE[40] + 50);
    return List.of(
        of("axpy_of_4", 1, 64, 100, 100, x -> each(100, i -> 2.0 * x[i] + 1)),
        of(
            "smooth",
            2,
            64,
            101,
            101,
            x -> each(101, i -> (at(x, 101, 0, i - 1) + at(x, 101, 0, i + 1)) / 4 + x[i] / 2.0)),
        flat(
            of(
                "laplace_2d",
                1,
                1,
                19,
                361,
                x ->
                    each(
                        361,
                        i ->
                            at(x, 19, i / 19 - 1, i % 19)
                                + at(x, 19, i / 19 + 1, i % 19)
                                + at(x, 19, i / 19, i % 19 - 1)
                                + at(x, 19, i / 19, i % 19 + 1)
                                - 4.0 * x[i])),
            3),
        of("laplace_3d", 1, 64, 7, 343, x -> laplace3(x, 7)),
        with("jacobi", 2, 64, 101, numbers(101), new int[] {5}, x -> jacobi(x, 5)),
        of("n_body", 2, 64, 70, 280, x -> each(210, i -> force(x, i / 3, i % 3))),
        of("black_scholes", 2, 64, 101, 101, x -> each(101, i -> call(x[i]))),
        of("softmax", 3, 64, 101, 303, x -> rows(x, 101, FloatReferences::softmax)),
        of("softmax_online", 2, 64, 101, 404, x -> rows(x, 101, FloatReferences::softmax)),
        of("layer_norm", 3, 64, 101, 303, x -> rows(x, 101, FloatReferences::layerNorm)),
        of("rms_norm", 3, 64, 101, 303, x -> rows(x, 101, FloatReferences::rmsNorm)),
        of("attention", 37, 64, 37, 888, x -> each(296, i -> attention(x, i / 8, i % 8))),
        of("rotary", 2, 64, 100, 200, x -> each(200, i -> rotary(x, i))),
        of("gelu", 2, 64, 101, 101, x -> each(101, i -> gelu(x[i]))),
        with(
            "cross_entropy",
            2,
            64,
            70,
            numbers(350),
            classes,
            x ->
                each(
                    70,
                    i -> Math.log(sum(5, c -> Math.exp(x[5 * i + c]))) - x[5 * i + classes[i]])),
        with(
            "embedding_backward",
            5,
            64,
            70,
            numbers(280),
            classes,
            x -> each(20, i -> sum(70, t -> classes[t] == i / 4 ? x[4 * t + i % 4] : 0))),
        of("adam", 2, 64, 101, 101, x -> each(101, i -> adam(x[i]))),
        with("sparse_rows", 1, 64, 40, sparse, SPARSE, x -> each(40, i -> row(x, i))),
        with("sparse_rows_by_warps", 20, 64, 40, sparse, SPARSE, x -> each(40, i -> row(x, i))),
        with("sparse_columns", 1, 64, 40, sparse, SPARSE, x -> each(50, i -> column(x, i))),
        flat(
            of(
                "product",
                1,
                1,
                19,
                722,
                x -> each(361, i -> sum(19, d -> x[i / 19 * 19 + d] * x[361 + d * 19 + i % 19]))),
            3),
        of(
            "product_async",
            1,
            64,
            9,
            640,
            x -> each(9, i -> sum(64, d -> x[64 * i + d] * x[576 + d]))),
        of(
            "convolve_rows",
            6,
            64,
            19,
            361,
            x -> each(361, i -> sum(5, d -> WEIGHTS[d] * at(x, 19, i / 19, i % 19 + d - 2)))),
        of(
            "convolve_3x3",
            6,
            64,
            19,
            370,
            x ->
                each(
                    361,
                    i ->
                        sum(
                            9,
                            d -> x[361 + d] * at(x, 19, i / 19 + d / 3 - 1, i % 19 + d % 3 - 1)))),
        of("sobel", 6, 64, 19, 361, x -> each(361, i -> sobel(x, 19, i / 19, i % 19))),
        of(
            "pool_max",
            2,
            64,
            18,
            324,
            x ->
                each(
                    81,
                    i ->
                        IntStream.range(0, 4)
                            .mapToDouble(d -> x[(i / 9 * 2 + d / 2) * 18 + i % 9 * 2 + d % 2])
                            .max()
                            .orElseThrow())),
        of("enlarge", 6, 64, 9, 81, x -> each(324, i -> enlarged(x, 9, i / 18, i % 18))),
        of("fourier", 1, 32, 64, 128, x -> each(128, i -> fourier(x, i))),
        new Sample(
            "cosines",
            new Dim3(2),
            new Dim3(8, 8),
            8,
            numbers(128),
            NONE,
            128,
            1e-5,
            x -> each(128, i -> cosine(x, i))),
        of(
            "walsh",
            1,
            128,
            128,
            128,
            x -> each(128, i -> sum(128, j -> Integer.bitCount(i & j) % 2 == 0 ? x[j] : -x[j]))),
        of("tridiagonal", 1, 64, 64, 64, FloatReferences::tridiagonal),
        with("cholesky", 1, 64, 11, definite(11), NONE, x -> cholesky(x, 11)),
        of("nearest", 2, 64, 70, 222, x -> nearest(x, 70)),
        of(
            "dot_of_doubles",
            1,
            64,
            301,
            301,
            x -> new double[] {sum(301, i -> (double) x[i] * x[300 - i])}),
        of("fractions", 2, 64, 101, 101, x -> each(101, i -> fractions(x[i]))));
  }

  @Test
  void computeWhatJavaComputes() {
    TestDevice.compareAll(
        List.of("corpus_float.ptx", "corpus_layers.ptx"),
        samples(),
        Sample::kernel,
        CorpusFloatsTest::compare);
  }

  private static void compare(TestDevice device, Sample s) {
    long y = device.floats("y of " + s.kernel, new float[s.results]);
    long x = device.floats("x of " + s.kernel, s.x);
    long k = device.ints("k of " + s.kernel, s.k);
    boolean together = s.kernel.equals("jacobi");
    device.launch(s.kernel, s.grid, s.block, 0, together, List.of(x, y, s.n, k));
    float[] got = device.floats(y, s.results);
    double[] wanted = s.y.apply(s.x);
    for (int i = 0; i < s.results; i++) {
      assertThat((double) got[i])
          .as("%s %d", s.kernel, i)
          .isCloseTo(wanted[i], within(s.most * Math.max(1, Math.abs(wanted[i]))));
    }
  }
}
