package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import jcuda.driver.CUfunction;

/// A product with the tiles of `tile.cuh`, in the precision of the backend, and the second pass
/// that adds up its chunks, which is the same in all.
record TileProduct(Launcher launcher, Kernel product, Kernel sum) {
  private static final int TILE_THREADS = 128;
  private static final int SUM_THREADS = 256;
  private static final int SUM_BLOCKS = 4; // of 16 rows each

  /// The kernels `name` and `name` + `_sum` of a file.
  static TileProduct of(Modules modules, Launcher launcher, String file, String name) {
    return of(modules, launcher, file, name, modules.product(file, name));
  }

  /// The same of a file that is compiled for fp32 alone.
  static TileProduct inFp32(Modules modules, Launcher launcher, String file, String name) {
    return of(modules, launcher, file, name, modules.function(file, name));
  }

  private static TileProduct of(
      Modules modules, Launcher launcher, String file, String name, CUfunction product) {
    String sum = name + "_sum";
    return new TileProduct(
        launcher,
        new Kernel(name, product, TILE_THREADS),
        new Kernel(sum, modules.function(file, sum), SUM_THREADS));
  }

  /// Launches with the parameters put so far.
  void launch(Tiles tiles) {
    launcher.launch(product, tiles.tiles(), tiles.chunks());
    if (tiles.chunks() > 1) {
      launcher.launch(sum, tiles.tiles(), SUM_BLOCKS);
    }
  }
}
