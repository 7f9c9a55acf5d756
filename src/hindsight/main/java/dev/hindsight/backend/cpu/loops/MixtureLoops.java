package dev.hindsight.backend.cpu.loops;

/// The parts of a mixture of logistics over a block of pixels, on the calling thread.
///
/// With d = a - b = 2r and a bin's ends a, b, which the highest and the lowest level lack: log P =
/// log(1 - e^-d) - softplus(-a) - softplus(b).
public interface MixtureLoops {
  /// Up to here log(1 - e^-d) is log d + log((1 - e^-d) / d), the latter by its series, whose next
  /// term is 5e-9; e^-d would have lost what matters.
  float NARROW = 0.7f;

  // log((1 - e^-d) / d) + d/2, by power of d
  float WIDTH_2 = 1 / 24f;
  float WIDTH_4 = -1 / 2880f;
  float WIDTH_6 = 1 / 181440f;

  // Its derivative by log d, d / (e^d - 1) = 1 - d/2 + …, by power of d
  float SLOPE_2 = 1 / 12f;
  float SLOPE_4 = -1 / 720f;
  float SLOPE_6 = 1 / 30240f;

  /// [MixtureBlock#masses] and all that it takes, of numbers, places and log scales.
  void logMasses(MixtureBlock b);

  /// The slopes of the same, afterwards.
  void slopes(MixtureBlock b);

  /// e = e / sums, row by row; 0 where it is below [Loops#SMALLEST_ERROR]
  void shares(long e, int rows, long sums, int columns);
}
