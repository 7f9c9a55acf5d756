package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.base.TensorMap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Blocks of clusters compute together what Java does alone, under one schedule and shuffled ones,
/// and no check complains.
class ClusterTest {
  private static final int THREADS = 64;
  private final int[] x = new Random(4).ints(THREADS * 32, 0, 999).toArray();
  private TestDevice device = TestDevice.of(Options.standard(), "cluster.ptx");

  private static Options all(long seed) {
    return Options.standard().withChecks(Check.named("all")).withScheduleSeed(seed);
  }

  private static Shape shape(Dim3 grid, int cluster, int dynamic) {
    return new Shape(grid, new Dim3(cluster), new Dim3(THREADS), dynamic, false);
  }

  private int[] run(long seed, String kernel, Shape shape, int results, Integer... more) {
    device = TestDevice.of(all(seed), "cluster.ptx");
    long y = device.ints("y", new int[results]);
    List<Object> parameters = new ArrayList<>(List.of(device.ints("x", x), y));
    parameters.addAll(List.of(more));
    device.launch(kernel, shape, parameters);
    return device.ints(y, results);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void binsAreSpreadOverBlocks(long seed) {
    int[] wanted = new int[84];
    Arrays.stream(x).limit(1999).forEach(v -> wanted[v % 84]++);
    for (int cluster : new int[] {1, 3, 6}) {
      Shape shape = shape(new Dim3(12), cluster, 4 * 84 / cluster);
      assertThat(run(seed, "cluster_histogram", shape, 84, 1999, 84)).containsExactly(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void blocksLeaveTheirSumsWithTheFirst(long seed) {
    int sum = Arrays.stream(x).limit(1237).sum();
    for (int cluster : new int[] {1, 5, 16}) {
      int[] wanted = {sum, sum};
      assertThat(run(seed, "cluster_sum", shape(new Dim3(2 * cluster), cluster, 0), 2, 1237))
          .containsExactly(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void numbersGoRound(long seed) {
    int turns = 7;
    for (int cluster : new int[] {1, 2, 5}) {
      int[] v = Arrays.copyOf(x, THREADS * cluster);
      for (int k = 0; k < turns; k++) {
        int[] before = v.clone();
        for (int i = 0; i < v.length; i++) {
          int rank = (i / THREADS + cluster - 1) % cluster;
          v[i] = before[THREADS * rank + 63 - i % THREADS] + k;
        }
      }
      assertThat(run(seed, "cluster_ring", shape(new Dim3(cluster), cluster, 0), v.length, turns))
          .containsExactly(v);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void oneReadsForMany(long seed) {
    int mask = 0b11011;
    int[] wanted =
        IntStream.range(0, 256 * 5)
            .map(i -> ((mask >> (i / 256)) & 1) == 1 ? x[i % 256] + i / 256 : -1)
            .toArray();
    assertThat(run(seed, "cluster_multicast", shape(new Dim3(5), 5, 0), wanted.length, mask))
        .containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void bytesGoStraightToAnotherBlock(long seed) {
    int[] wanted = IntStream.range(0, 3 * THREADS).map(i -> x[3 * THREADS - 1 - i]).toArray();
    assertThat(run(seed, "cluster_mirror", shape(new Dim3(3), 3, 0), wanted.length))
        .containsExactly(wanted);
    int[] some = Arrays.copyOf(x, 7 * THREADS);
    assertThat(run(seed, "cluster_async_sum", shape(new Dim3(7), 7, 0), 2))
        .containsExactly(Arrays.stream(some).sum(), Arrays.stream(some).max().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void wordsOfNeighbours(long seed) {
    int words = 4 * THREADS;
    int[] wanted = new int[3 * words];
    for (int i = 0; i < wanted.length; i++) {
      int rank = i / words;
      int turned = 4 * (63 - i / 4 % THREADS);
      wanted[i] =
          switch (i % 4) {
            case 2 ->
                x[words * ((rank + 1) % 3) + turned + 3]; // what was there before the exchange
            case 3 -> x[words * ((rank + 2) % 3) + i % words]; // the writer's own
            default -> x[words * rank + turned + i % 4];
          };
    }
    assertThat(run(seed, "cluster_halo", shape(new Dim3(3), 3, 0), wanted.length))
        .containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void bulkSumsGoToTheNextBlock(long seed) {
    int[] wanted =
        IntStream.range(0, 3 * THREADS)
            .map(i -> x[i] + x[(i + 2 * THREADS) % (3 * THREADS)])
            .toArray();
    assertThat(run(seed, "cluster_fold", shape(new Dim3(3), 3, 0), wanted.length))
        .containsExactly(wanted);
  }

  /// A matrix of 16 columns, of which parts of 8 x 8 are read.
  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void tilesOfAMatrixGoToMany(long seed) {
    device = TestDevice.of(all(seed), "cluster.ptx");
    byte[] map = new byte[TensorMap.BYTES];
    TensorMap fields = TensorMap.begin(MemorySegment.ofArray(map));
    fields.set(TensorMap.Field.GLOBAL_ADDRESS, 0, device.ints("x", x));
    fields.set(TensorMap.Field.RANK, 0, 1);
    fields.set(TensorMap.Field.ELEMTYPE, 0, TensorMap.Element.S32.code);
    fields.set(TensorMap.Field.GLOBAL_STRIDE, 0, 64);
    for (int d = 0; d < 2; d++) {
      fields.set(TensorMap.Field.GLOBAL_DIM, d, 16);
      fields.set(TensorMap.Field.BOX_DIM, d, 8);
      fields.set(TensorMap.Field.ELEMENT_STRIDE, d, 1);
    }
    int mask = 0b1101;
    long y = device.ints("y", new int[4 * THREADS]);
    device.launch("cluster_tiles", shape(new Dim3(4), 4, 0), List.of(map, y, mask));
    int[] wanted =
        IntStream.range(0, 4 * THREADS)
            .map(
                i -> {
                  int row = i % THREADS / 8;
                  int of = ((mask >> (i / THREADS)) & 1) == 1 ? x[16 * (row + 1) + i % 8 + 2] : 0;
                  return of + (i < THREADS ? 1000 * x[16 * (row + 3) + i % 8] : 0);
                })
            .toArray();
    assertThat(device.ints(y, wanted.length)).containsExactly(wanted);
  }

  @Test
  void barriersOrderGlobalMemoryToo() {
    device = TestDevice.of(all(0), "cluster.ptx");
    int count = 4 * THREADS;
    long y = device.memory().allocate(4L * count, "y");
    long z = device.ints("z", new int[count]);
    Shape shape = shape(new Dim3(4), 4, 0);
    device.launch("cluster_through_global", shape, List.of(device.ints("x", x), y, z));
    int[] wanted =
        IntStream.range(0, count)
            .map(i -> x[THREADS * ((i / THREADS + 1) % 4) + 63 - i % THREADS])
            .toArray();
    assertThat(device.ints(z, count)).containsExactly(wanted);
  }

  private int[] places(Dim3 grid, Dim3 cluster, boolean named) {
    int blocks = Math.toIntExact(grid.count());
    long y = device.ints("y", new int[20 * blocks]);
    Shape shape = new Shape(grid, named ? cluster : null, new Dim3(33), 0, false);
    device.launch("cluster_places", shape, List.of(y));
    return device.ints(y, 20 * blocks);
  }

  private static void wanted(int[] got, Dim3 grid, Dim3 cluster, int named) {
    for (int b = 0; b < grid.count(); b++) {
      Dim3 at = grid.at(b);
      int x = at.x() % cluster.x();
      int y = at.y() % cluster.y();
      int z = at.z() % cluster.z();
      int rank = x + cluster.x() * (y + cluster.y() * z);
      int size = Math.toIntExact(cluster.count());
      int[] wanted = {
        at.x() / cluster.x(),
        at.y() / cluster.y(),
        at.z() / cluster.z(),
        grid.x() / cluster.x(),
        grid.y() / cluster.y(),
        grid.z() / cluster.z(),
        x,
        y,
        z,
        cluster.x(),
        cluster.y(),
        cluster.z(),
        rank,
        size,
        named,
        size - 1,
        rank,
        rank == size - 1 ? 1 : 0,
        1,
        0
      };
      assertThat(Arrays.copyOfRange(got, 20 * b, 20 * b + 20))
          .as("block %s", at)
          .containsExactly(wanted);
    }
  }

  @Test
  void threadsKnowTheirCluster() {
    Dim3 grid = new Dim3(4, 6, 2);
    Dim3 cluster = new Dim3(2, 3, 2);
    wanted(places(grid, cluster, true), grid, cluster, 1);
    wanted(places(grid, cluster, false), grid, new Dim3(1), 0);
  }

  @Test
  void aDeviceTakesNoOtherClusters() {
    assertThatThrownBy(() -> places(new Dim3(4, 3), new Dim3(2, 2), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cluster_places: clusters of (2,2,1) blocks do not divide a grid of (4,3,1)");
    assertThatThrownBy(() -> places(new Dim3(17), new Dim3(17), true))
        .hasMessage("cluster_places: clusters of 17 blocks; 16 are allowed");
  }
}
