package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.LaunchGeometry.Tiles;
import dev.hindsight.tensor.ElementType;

/// A product with the tiles of `tile.cuh`, in the precision of the backend, and the second pass
/// that adds up its chunks, which tf32 shares with fp32.
record TileProduct(KernelLauncher launcher, Variants product, Variants sum) {
  static final int TILE_THREADS = 128;
  static final int SUM_THREADS = 256;
  private static final int SUM_BLOCKS = 4; // of 16 rows each

  /// Launches with the parameters put so far.
  ///
  /// @param type of the factors
  void launch(Tiles tiles, ElementType type) {
    launcher.launch(product.of(type), tiles.tiles(), tiles.chunks());
    if (tiles.chunks() > 1) {
      launcher.launch(sum.of(type), tiles.tiles(), SUM_BLOCKS);
    }
  }
}
