package dev.hindsight.backend.cuda.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Shared;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tile;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The launch geometry: covers everything, fits the scratch, fills the GPU, skips what it can.
class LaunchGeometryTest {
  private static final int[] SIZES = {1, 15, 16, 17, 64, 65, 127, 255, 256, 784, 1024, 50_176};
  private static final List<LaunchGeometry> GPUS =
      IntStream.of(1, 8, 40, 132, 160).mapToObj(LaunchGeometry::new).toList();

  /// Hidden degrees as MADE draws them: uniform in 1 .. pixels - 1, sorted.
  private static int[] hidden(int layer) {
    float[] u = Philox.uniforms(RandomKey.of(7).fold(layer), 1024);
    return IntStream.range(0, u.length).map(k -> 1 + (int) (u[k] * 783)).sorted().toArray();
  }

  /// The layers of 784-1024-1024-1024-784.
  private static List<Degrees> made() {
    int[] pixels = IntStream.rangeClosed(1, 784).toArray();
    return List.of(
        new Degrees(pixels, hidden(1), false),
        new Degrees(hidden(1), hidden(2), false),
        new Degrees(hidden(2), hidden(3), false),
        new Degrees(hidden(3), pixels, true));
  }

  private static int up(int a, int b) {
    return (a + b - 1) / b;
  }

  @Test
  void chunksCoverKAndFitTheScratch() {
    for (LaunchGeometry geometry : GPUS) {
      for (int rows : SIZES) {
        for (int cols : SIZES) {
          for (int k : SIZES) {
            Tiles t = geometry.tiles(Product.of(rows, cols, k));
            String where = "%d x %d, K %d: %s".formatted(rows, cols, k, t);
            assertThat(t.tiles()).as(where).isEqualTo(up(rows, 64) * up(cols, 64));
            assertThat((long) t.chunks() * t.chunk()).as(where).isGreaterThanOrEqualTo(up(k, 16));
            assertThat((long) (t.chunks() - 1) * t.chunk()).as(where).isLessThan(up(k, 16));
            if (t.chunks() > 1) {
              assertThat((long) t.tiles() * t.chunks())
                  .as(where)
                  .isLessThanOrEqualTo(geometry.slots());
            }
          }
        }
      }
    }
  }

  private static Tile large(int rows, int resident) {
    return new Tile(rows, 128, 32, resident, true, null);
  }

  @Test
  void largeTilesCoverKFitTheScratchAndLeaveFewMultiprocessorsIdle() {
    for (Tile large : List.of(large(128, 1), large(128, 2), large(256, 1))) {
      for (int multiprocessors : new int[] {1, 8, 40, 132, 160}) {
        LaunchGeometry geometry = new LaunchGeometry(multiprocessors);
        for (int rows : SIZES) {
          for (int cols : SIZES) {
            for (int k : SIZES) {
              Tiles t = geometry.largeTiles(Product.of(rows, cols, k), large);
              if (t == null) {
                continue;
              }
              String where = "%d x %d, K %d: %s".formatted(rows, cols, k, t);
              assertThat(t.tiles()).as(where).isEqualTo(up(rows, large.rows()) * up(cols, 128));
              assertThat(8 * t.tiles() * t.chunks())
                  .as(where)
                  .isGreaterThanOrEqualTo(7 * multiprocessors);
              assertThat((long) t.chunks() * t.chunk()).as(where).isGreaterThanOrEqualTo(up(k, 32));
              assertThat((long) (t.chunks() - 1) * t.chunk()).as(where).isLessThan(up(k, 32));
              if (t.chunks() > 1) {
                assertThat(t.tiles() * t.chunks())
                    .as(where)
                    .isLessThanOrEqualTo(
                        Math.min(
                            large.resident() * multiprocessors,
                            geometry.slots() * 64 * 64 / large.area()));
              }
            }
          }
        }
      }
    }
  }

  @Test
  void largeTilesAreForLargeProducts() {
    LaunchGeometry h100 = new LaunchGeometry(132);
    Tile large = large(128, 2);
    assertThat(h100.largeTiles(Product.of(64, 1024, 1024), large)).as("a batch").isNull();
    assertThat(h100.largeTiles(Product.of(50_176, 3, 320), large)).as("three columns").isNull();
    assertThat(h100.largeTiles(Product.of(50_176, 640, 640), large)).isNotNull();
    Tile tall = large(256, 1);
    assertThat(h100.largeTiles(Product.of(255, 1 << 20, 640), tall)).as("255 rows").isNull();
    assertThat(h100.largeTiles(new Product(3, 127, 1 << 20, 1, 640), tall))
        .as("groups that leave more than half of a tile empty")
        .isNull();
    assertThat(h100.largeTiles(Product.of(3200, 128, 50_176), tall))
        .as("13 tiles, of which ten chunks leave two multiprocessors idle")
        .isEqualTo(new Tiles(tall, 13, 10, 157));
    assertThat(h100.largeTiles(new Product(2, 640, 320, 1, 50_176), large))
        .as("10 x 3 tiles, of which eight chunks run at once")
        .isEqualTo(new Tiles(large, 30, 8, 196));
  }

  @Test
  void aBlockTakesSeveralTallTilesWhereAllOfBFits() {
    Tile tall = new Tile(256, 128, 32, 1, true, new Shared(72 << 10, 3, 8 << 10));
    LaunchGeometry h100 = new LaunchGeometry(132, 227 << 10);
    assertThat(h100.largeTiles(Product.of(50_176, 640, 640), tall))
        .as("26 blocks for each of five columns, 20 steps of K")
        .isEqualTo(new Tiles(tall, 980, 1, 20, 130, (48 + 20 * 8) << 10));
    assertThat(h100.largeTiles(Product.of(50_176, 640, 736), tall))
        .as("23 steps are too many: seven waves and 56 halved tiles")
        .isEqualTo(new Tiles(tall, 980, 1, 23, 1036, 72 << 10));
    assertThat(h100.largeTiles(Product.of(33_536, 128, 640), tall))
        .as("a block for each tile")
        .isEqualTo(new Tiles(tall, 131, 1, 20));
    assertThat(new LaunchGeometry(108, 163 << 10).largeTiles(Product.of(50_176, 640, 640), tall))
        .as("an A100, which holds 14 steps: nine waves and 8 halved tiles")
        .isEqualTo(new Tiles(tall, 980, 1, 20, 988, 72 << 10));
    assertThat(new LaunchGeometry(128, 99 << 10).largeTiles(Product.of(50_176, 640, 640), tall))
        .as("an RTX 4090, whom L2 feeds with smaller tiles")
        .isNull();
  }

  @Test
  void theLastTallTilesAreHalvedWhereHalfOfTheMultiprocessorsWouldBeIdle() {
    Shared given = new Shared(72 << 10, 3, 8 << 10);
    Tile tall = new Tile(256, 128, 32, 1, true, given);
    LaunchGeometry h100 = new LaunchGeometry(132, 227 << 10);
    for (int last : new int[] {0, 1, 66, 67}) {
      int tiles = 132 + last;
      assertThat(h100.largeTiles(Product.of(256 * tiles, 128, 3200), tall))
          .as("%d tiles", tiles)
          .isEqualTo(new Tiles(tall, tiles, 1, 100, tiles + (last > 66 ? 0 : last), given.bytes()));
    }
    Tile passing = new Tile(256, 128, 32, 1, true, new Shared(72 << 10, 3, 0));
    assertThat(h100.largeTiles(Product.of(256 * 133, 128, 3200), passing))
        .as("a gradient of weights")
        .isEqualTo(new Tiles(passing, 133, 1, 100));
  }

  @Test
  void columnSumsCoverTheRowsAndFitTheScratch() {
    for (LaunchGeometry geometry : GPUS) {
      for (int rows : SIZES) {
        for (int cols : SIZES) {
          LaunchGeometry.Columns c = geometry.columns(rows, cols);
          String where = "%d x %d: %s".formatted(rows, cols, c);
          assertThat(c.blocks() * 32).as(where).isGreaterThanOrEqualTo(cols);
          assertThat((long) c.pieces() * c.rows()).as(where).isGreaterThanOrEqualTo(rows);
          assertThat((long) (c.pieces() - 1) * c.rows()).as(where).isLessThan(rows);
          assertThat((long) c.pieces() * cols)
              .as(where)
              .isLessThanOrEqualTo(Math.max(cols, geometry.slots() * 4096L));
        }
      }
    }
  }

  @Test
  void aBatchOf64FillsALargeGpu() {
    LaunchGeometry h100 = new LaunchGeometry(132);
    Tiles dense = h100.tiles(Product.of(64, 1024, 1024));
    assertThat(dense.tiles() * dense.chunks()).isBetween(132, 264);
    Degrees middle = made().get(1);
    for (Tiles t : List.of(h100.maskedY(64, middle, 0, 1024), h100.maskedDx(64, middle))) {
      // the staircase leaves a little more than half of the blocks with something to do
      assertThat(t.tiles() * t.chunks() * 0.55).isGreaterThan(132);
    }
    assertThat(h100.maskedDw(64, middle).chunks()).isEqualTo(1);
  }

  /// DESIGN asks for about 0.44 at 64 x 64 tiles.
  @Test
  void madeSkipsMoreThan44PercentOfItsMultiplyAdds() {
    double dense = 0;
    double y = 0;
    double dx = 0;
    double dw = 0;
    for (Degrees d : made()) {
      dense += (double) d.outputs() * d.inputs();
      for (int o = 0; o < d.outputs(); o += 64) {
        int width = Math.min(64, d.outputs() - o);
        int live = d.live(o + width - 1);
        y += (double) width * live;
        dw += (double) width * Math.min(d.inputs(), up(live, 64) * 64);
      }
      for (int i = 0; i < d.inputs(); i += 64) {
        int width = Math.min(64, d.inputs() - i);
        dx += (double) width * (d.outputs() - d.firstOutput(i) / 16 * 16);
      }
    }
    assertThat(1 - y / dense).isBetween(0.46, 0.47);
    assertThat(1 - dx / dense).isBetween(0.455, 0.465);
    assertThat(1 - dw / dense).isBetween(0.43, 0.44);
    assertThat(1 - (y + dx + dw) / (3 * dense)).isGreaterThan(0.45);
  }

  @Test
  void aStaircaseThatSeesNothingStillHasABlockPerTile() {
    int[] late = new int[100];
    Arrays.fill(late, 9);
    Degrees nothing = new Degrees(late, new int[70], false);
    LaunchGeometry geometry = new LaunchGeometry(8);
    assertThat(geometry.maskedY(3, nothing, 0, 70)).isEqualTo(new Tiles(Tile.SMALL, 2, 1, 1));
    assertThat(geometry.maskedDx(3, nothing)).isEqualTo(new Tiles(Tile.SMALL, 2, 1, 1));
  }
}
