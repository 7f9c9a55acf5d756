package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.base.Texture.Mode;

/// Where the coordinates of a fetch lead: the texels that it reads, and their weights.
final class Texels {
  /// Fraction bits of a weight.
  private static final int WEIGHT = 256;

  /// Outside, where the border lies.
  static final int OUTSIDE = -1;

  /// By dimension: the first texel, the one behind it, and the weight of that.
  final int[] low = new int[3];

  final int[] high = new int[3];
  final float[] weight = new float[3];

  private Texels() {}

  /// @param extents by dimension, as many as are filtered
  static Texels of(Texture texture, float[] at, int[] extents, boolean linear) {
    Texels found = new Texels();
    for (int d = 0; d < extents.length; d++) {
      found.one(texture, texture.modes().get(d), at[d], extents[d], linear, d);
    }
    return found;
  }

  private void one(Texture texture, Mode mode, float x, int n, boolean linear, int d) {
    double u = texture.normalised() ? folded(mode, x) * n : x;
    Mode own =
        texture.normalised() || mode == Mode.BORDER || mode == Mode.CLAMP ? mode : Mode.CLAMP;
    if (!linear) {
      low[d] = inside(own, (long) Math.floor(u), n);
      high[d] = low[d];
      return;
    }
    double before = u - 0.5;
    long i = (long) Math.floor(before);
    double fraction = Math.rint((before - i) * WEIGHT) / WEIGHT;
    low[d] = inside(own, i, n);
    high[d] = inside(own, i + 1, n);
    weight[d] = (float) fraction;
  }

  /// A normalised coordinate brought back into the texture.
  private static double folded(Mode mode, float x) {
    double whole = Math.floor(x);
    return switch (mode) {
      case WRAP -> x - whole;
      case MIRROR -> whole % 2 == 0 ? x - whole : 1 - (x - whole);
      default -> x;
    };
  }

  private static int inside(Mode mode, long i, int n) {
    return switch (mode) {
      case WRAP -> (int) Math.floorMod(i, (long) n);
      case BORDER -> i < 0 || i >= n ? OUTSIDE : (int) i;
      // The neighbour beyond an edge is the edge itself, in a mirror as well.
      default -> (int) Math.max(0, Math.min(n - 1, i));
    };
  }

  /// The face of a cube that a direction meets, and where, from 0 to 1.
  static int face(float x, float y, float z, float[] at) {
    float ax = Math.abs(x);
    float ay = Math.abs(y);
    float az = Math.abs(z);
    int face;
    float s;
    float t;
    float m;
    if (ax >= ay && ax >= az) {
      face = x >= 0 ? 0 : 1;
      s = x >= 0 ? -z : z;
      t = -y;
      m = ax;
    } else if (ay >= az) {
      face = y >= 0 ? 2 : 3;
      s = x;
      t = y >= 0 ? z : -z;
      m = ay;
    } else {
      face = z >= 0 ? 4 : 5;
      s = z >= 0 ? x : -x;
      t = -y;
      m = az;
    }
    at[0] = (s / m + 1) / 2;
    at[1] = (t / m + 1) / 2;
    return face;
  }

  /// How many layers there are; a cube has six faces in each.
  static int layers(Image image) {
    return Math.max(1, image.cube() ? image.depth() / 6 : image.depth());
  }
}
