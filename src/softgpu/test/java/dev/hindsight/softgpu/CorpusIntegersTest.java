package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.IntegerReferences.distance;
import static dev.hindsight.softgpu.IntegerReferences.dot;
import static dev.hindsight.softgpu.IntegerReferences.each;
import static dev.hindsight.softgpu.IntegerReferences.escape;
import static dev.hindsight.softgpu.IntegerReferences.fill;
import static dev.hindsight.softgpu.IntegerReferences.gcd;
import static dev.hindsight.softgpu.IntegerReferences.graph;
import static dev.hindsight.softgpu.IntegerReferences.halves;
import static dev.hindsight.softgpu.IntegerReferences.interpret;
import static dev.hindsight.softgpu.IntegerReferences.levels;
import static dev.hindsight.softgpu.IntegerReferences.lower;
import static dev.hindsight.softgpu.IntegerReferences.numbers;
import static dev.hindsight.softgpu.IntegerReferences.part;
import static dev.hindsight.softgpu.IntegerReferences.path;
import static dev.hindsight.softgpu.IntegerReferences.sorted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The kernels of `corpus_int.cu` and `corpus_sort.cu` compute what Java does by other ways, and no
/// check complains.
class CorpusIntegersTest {
  private static final int N = 128;

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Sample(
      String kernel, Dim3 grid, Dim3 block, int n, int[] x, int[] before, UnaryOperator<int[]> y) {}

  private static Sample of(
      String kernel, int blocks, int n, int[] x, int results, UnaryOperator<int[]> y) {
    return new Sample(kernel, new Dim3(blocks), new Dim3(N), n, x, new int[results], y);
  }

  /// One block of 128 threads, a number each.
  private static Sample block(String kernel, UnaryOperator<int[]> y) {
    return of(kernel, 1, N, numbers(N), N, y);
  }

  private static List<Sample> samples() {
    int[] some = numbers(301);
    int[] signed = new Random(8).ints(N, -40, 200).toArray();
    int[] bits = new Random(9).ints(N).toArray();
    int[] few = new Random(10).ints(N, 0, 40).toArray();
    int[] square = numbers(19 * 19);
    Dim3 tiles = new Dim3(3, 3);
    Dim3 tile = new Dim3(8, 8);
    return List.of(
        of("tree_sum", 3, 301, some, 3, x -> each(3, b -> part(x, N * b, N).sum())),
        of("warp_sum", 3, 301, some, 12, x -> each(12, w -> part(x, 32 * w, 32).sum())),
        of(
            "redux_sum",
            3,
            301,
            some,
            12,
            x ->
                each(
                    12,
                    w ->
                        part(x, 32 * w, 32).sum() + 1000003 * part(x, 32 * w, 32).max().orElse(0))),
        new Sample(
            "atomic_extremes",
            new Dim3(2),
            new Dim3(64),
            301,
            some,
            new int[] {9999, -1, 0, 0},
            x ->
                new int[] {
                  Arrays.stream(x).min().orElseThrow(),
                  Arrays.stream(x).max().orElseThrow(),
                  Arrays.stream(x).sum(),
                  Arrays.stream(x).reduce(0, (a, b) -> a ^ b)
                }),
        block("tile_sum", x -> each(N, i -> part(x, i / 8 * 8, 8).sum() * 8 + i % 8)),
        block("scan_doubling", x -> each(N, i -> part(x, 0, i + 1).sum())),
        of("scan_tree", 1, 256, numbers(256), 256, x -> each(256, i -> part(x, 0, i).sum())),
        block("scan_warps", x -> each(N, i -> part(x, 0, i + 1).sum())),
        of("scan_segments", 1, N, signed, N, IntegerReferences::segments),
        of("histogram", 3, 301, some, 16, IntegerReferences::bins),
        of("histogram_private", 2, 301, some, 16, IntegerReferences::bins),
        of("histogram_matched", 3, 301, some, 16, IntegerReferences::bins),
        block("sort_bitonic", IntegerReferences::sorted),
        of("sort_odd_even", 1, 97, numbers(97), 97, IntegerReferences::sorted),
        block("sort_radix", IntegerReferences::sorted),
        of("sort_ranks", 3, 301, some, 301, IntegerReferences::sorted),
        of("merge_halves", 3, 301, halves(301), 301, IntegerReferences::sorted),
        of("compact", 1, 101, numbers(101), 102, IntegerReferences::odd),
        of(
            "run_lengths",
            1,
            101,
            sorted(part(few, 0, 101).toArray()),
            203,
            IntegerReferences::runs),
        new Sample(
            "transpose", tiles, tile, 19, square, new int[361], IntegerReferences::transposed),
        new Sample(
            "transpose_tiled",
            tiles,
            tile,
            19,
            square,
            new int[361],
            IntegerReferences::transposed),
        of("breadth_first", 1, 50, graph(), 50, x -> levels(x, 0)),
        of("components", 1, 50, graph(), 50, IntegerReferences::components),
        of(
            "shortest_paths",
            1,
            9,
            numbers(81),
            81,
            x -> each(81, i -> path(x, 9, i / 9, i % 9, 9))),
        of(
            "hash_counts",
            1,
            101,
            few,
            101,
            x -> each(101, i -> (int) part(x, 0, 101).filter(v -> v == x[i]).count())),
        of(
            "life",
            3,
            17,
            numbers(289),
            289,
            x ->
                each(
                    289,
                    i -> {
                      int around =
                          IntStream.range(0, 9)
                              .filter(d -> d != 4)
                              .map(
                                  d ->
                                      x[
                                              (i / 17 + d / 3 + 16) % 17 * 17
                                                  + (i + d % 3 + 16 - 17 * (i / 17)) % 17]
                                          & 1)
                              .sum();
                      return around == 3 || (around == 2 && (x[i] & 1) == 1) ? 1 : 0;
                    })),
        of(
            "bit_counts",
            1,
            N,
            bits,
            N,
            x ->
                each(
                    N,
                    i ->
                        (Integer.bitCount(x[i])
                                + 100 * Integer.numberOfLeadingZeros(x[i])
                                + 10000 * (x[i] == 0 ? 0 : 1 + Integer.numberOfTrailingZeros(x[i])))
                            ^ Integer.reverse(x[i]))),
        of(
            "monte_carlo",
            1,
            77,
            numbers(77),
            1,
            x -> new int[] {Arrays.stream(x).map(IntegerReferences::circle).sum()}),
        of("mandelbrot", 3, 19, square, 361, x -> each(361, i -> escape(i, 19) + x[i])),
        of("edit_distance", 1, 202, numbers(202), 1, x -> new int[] {distance(x, 101, 101)}),
        of("knapsack", 1, 20, numbers(40), N, x -> each(N, room -> fill(x, 20, room))),
        of(
            "sieve",
            1,
            301,
            some,
            301,
            x -> each(301, i -> BigInteger.valueOf(i).isProbablePrime(30) ? x[i] : 0)),
        of("greatest_divisors", 3, 301, some, 301, x -> each(301, i -> gcd(x[i], x[300 - i]))),
        block(
            "votes",
            x ->
                each(
                    N,
                    i -> {
                      IntStream any = part(x, i / 32 * 32, 32).filter(v -> v % 32 == 0);
                      boolean all = part(x, i / 32 * 32, 32).allMatch(v -> v > 9);
                      return lower(x, i) + (any.count() > 0 ? 100 : 0) + (all ? 200 : 0);
                    })),
        of("bytes_dot", 1, N, bits, N, x -> each(N, i -> dot(x[i], x[N - 1 - i], i))),
        block(
            "vectors_of_4",
            x -> each(N, i -> x[i / 4 * 4 + 3 - i % 4] + (i % 4 < 2 ? 0 : 5 - 2 * (i % 4)))),
        of("stack_machine", 1, N, bits, N, x -> each(N, i -> interpret(x[i], i))));
  }

  @Test
  void computeWhatJavaComputes() {
    TestDevice.compareAll(
        List.of("corpus_int.ptx", "corpus_sort.ptx"),
        samples(),
        Sample::kernel,
        CorpusIntegersTest::compare);
  }

  private static void compare(TestDevice device, Sample s) {
    long y = device.ints("y of " + s.kernel, s.before);
    long x = device.ints("x of " + s.kernel, s.x);
    int dynamic = Stream.of("sieve", "sort_odd_even").anyMatch(s.kernel::equals) ? 4 * s.n : 0;
    device.launch(s.kernel, s.grid, s.block, dynamic, false, List.of(x, y, s.n));
    assertThat(device.ints(y, s.before.length)).as(s.kernel).isEqualTo(s.y.apply(s.x));
  }
}
