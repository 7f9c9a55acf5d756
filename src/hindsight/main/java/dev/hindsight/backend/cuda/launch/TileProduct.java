package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tile;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A product with the tiles of `tile.cuh`, in the precision of the backend.
public final class TileProduct {

  /// Bytes at whose multiples the rows of all operands of a larger tile begin.
  private static final int PIECE = 16;

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Variants small;
  private final List<Larger> larger;

  /// A larger tile, null for types that have none, and the product with it.
  public record Larger(Function<ElementType, @Nullable Tile> tile, Variants product) {}

  /// Of a small tile and larger ones.
  ///
  /// @param larger the largest first, which asks L2 for least; none in some families, and on GPUs
  ///   that cannot copy asynchronously
  public TileProduct(
      KernelLauncher launcher, LaunchGeometry geometry, Variants small, List<Larger> larger) {
    this.launcher = launcher;
    this.geometry = geometry;
    this.small = small;
    this.larger = larger;
  }

  /// How a product is cut, with the tile that suits it.
  ///
  /// @param type of the factors
  /// @param operands all that it reads and writes but for scratch; null ones do not count
  public Tiles tiles(Product product, ElementType type, @Nullable Tensor... operands) {
    return tiles(product, product, type, operands);
  }

  /// The same where the small tile packs K otherwise.
  public Tiles tiles(
      Product inSmall, Product inLarge, ElementType type, @Nullable Tensor... operands) {
    if (aligned(type, operands)) {
      for (Larger one : larger) {
        Tile tile = one.tile().apply(type);
        Tiles tiles = tile == null ? null : geometry.largeTiles(inLarge, tile);
        if (tiles != null) {
          return tiles;
        }
      }
    }
    return geometry.tiles(inSmall);
  }

  private static boolean aligned(ElementType type, @Nullable Tensor... operands) {
    int numbers = PIECE / type.bytes();
    for (Tensor operand : operands) {
      if (operand != null
          && (operand.address() % PIECE != 0 || operand.channels() % numbers != 0)) {
        return false;
      }
    }
    return true;
  }

  /// Launches with the parameters put so far.
  ///
  /// @param type of the factors
  public void launch(Tiles tiles, ElementType type) {
    Kernel kernel = product(tiles.tile(), type).of(type);
    launcher.launchWithShared(kernel, tiles.blocks(), tiles.chunks(), tiles.sharedBytes());
  }

  private Variants product(Tile tile, ElementType type) {
    for (Larger one : larger) {
      if (tile.equals(one.tile().apply(type))) {
        return one.product();
      }
    }
    return small;
  }
}
