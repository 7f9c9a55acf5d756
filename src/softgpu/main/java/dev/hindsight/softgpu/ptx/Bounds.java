package dev.hindsight.softgpu.ptx;

/// What an entry point promises of its launches, and with that how many registers it may have.
///
/// @param threads most threads of a block, the product of `.maxntid`; 0 without
/// @param blocks how many blocks a multiprocessor is to hold, `.minnctapersm`
/// @param registers most registers of a thread, `.maxnreg`
public record Bounds(int threads, int blocks, int registers, Clusters clusters) {
  /// Registers of one thread that instructions can name.
  private static final int MOST = 255;

  private static final int OF_MULTIPROCESSOR = 1 << 16;
  private static final int MOST_THREADS = 1024;
  private static final int WARP = 32;

  /// Registers are given to warps in units of 256, to a thread in units of 8.
  private static final int UNIT = 8;

  static final Bounds NONE = new Bounds(0, 1, MOST, Clusters.NONE);

  /// The most registers that ptxas may give a thread; it spills what goes beyond.
  public int mostRegisters() {
    int most = Math.min(MOST, registers);
    if (threads == 0) {
      return most;
    }
    long warps = (long) Math.ceilDiv(Math.min(threads, MOST_THREADS), WARP) * Math.max(1, blocks);
    return Math.min(most, (int) Math.max(UNIT, OF_MULTIPROCESSOR / (warps * WARP) / UNIT * UNIT));
  }
}
