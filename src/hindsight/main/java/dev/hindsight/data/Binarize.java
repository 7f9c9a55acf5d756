package dev.hindsight.data;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;

/// How a value x in 0..255 becomes 0 or 1, where a model knows two levels.
public enum Binarize {
  /// 1 where x/255 > 0.5, so the same bits in every epoch.
  THRESHOLD {
    @Override
    double probability(int grey) {
      return grey > 127 ? 1 : 0;
    }

    @Override
    void image(byte[] grey, RandomKey key, int[] block, float[] out, int offset) {
      for (int i = 0; i < grey.length; i++) { // vectorised: a fast device must not wait for it
        out[offset + i] = (grey[i] & 0xff) >> 7;
      }
    }
  },
  /// 1 with probability x/255, drawn anew in every epoch (the published protocol). The draw is a
  /// function of key, epoch and image, so neither order nor batch size can change it.
  STOCHASTIC {
    @Override
    double probability(int grey) {
      return grey / 255.0;
    }
  };

  /// Chance that the pixel becomes 1.
  abstract double probability(int grey);

  /// Writes an image as 0 and 1 to `out`, from `offset` on.
  ///
  /// @param key of this image in this epoch
  /// @param block four words of scratch
  void image(byte[] grey, RandomKey key, int[] block, float[] out, int offset) {
    for (int first = 0; first < grey.length; first += 4) {
      boolean drawn = false;
      int lanes = Math.min(4, grey.length - first);
      for (int lane = 0; lane < lanes; lane++) {
        double p = probability(grey[first + lane] & 0xff);
        boolean one = p == 1;
        if (p > 0 && p < 1) {
          if (!drawn) { // most blocks are all black or all white, and need no draw
            Philox.block(key, first / 4, block);
            drawn = true;
          }
          one = Philox.toUniform(block[lane]) < p;
        }
        out[offset + first + lane] = one ? 1 : 0;
      }
    }
  }
}
