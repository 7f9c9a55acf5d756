package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.LaunchGeometry.Tiles;

/// A product with the tiles of `tile.cuh`, in the precision of the backend, and the second pass
/// that adds up its chunks, which is the same in all.
record TileProduct(KernelLauncher launcher, Kernel product, Kernel sum) {
  static final int TILE_THREADS = 128;
  static final int SUM_THREADS = 256;
  private static final int SUM_BLOCKS = 4; // of 16 rows each

  /// Launches with the parameters put so far.
  void launch(Tiles tiles) {
    launcher.launch(product, tiles.tiles(), tiles.chunks());
    if (tiles.chunks() > 1) {
      launcher.launch(sum, tiles.tiles(), SUM_BLOCKS);
    }
  }
}
