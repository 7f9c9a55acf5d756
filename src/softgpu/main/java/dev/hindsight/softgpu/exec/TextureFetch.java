package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Image.Format;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;

/// `tex` and `tld4`. Weights of filters have eight fraction bits, as a GPU's. There is one level.
public final class TextureFetch extends Op {
  /// How many coordinates there are, and what the first one is.
  ///
  /// @param dimensions coordinates without a layer
  public record Geometry(int dimensions, boolean layered, boolean cube) {}

  private static final int CHANNELS = 4;

  private final Geometry geometry;
  private final Ref handle;
  private final Ref[] coordinates;
  private final boolean wholeCoordinates;
  private final Ref[] results;

  /// The channel of which the four texels around are wanted, or -1.
  private final int gathered;

  private final Words[] words = {
    new Words(this, 1, false), new Words(this, 2, false), new Words(this, 4, false)
  };

  public TextureFetch(
      Geometry geometry,
      Ref handle,
      Ref[] coordinates,
      boolean wholeCoordinates,
      Ref[] results,
      int gathered) {
    this.geometry = geometry;
    this.handle = handle;
    this.coordinates = coordinates;
    this.wholeCoordinates = wholeCoordinates;
    this.results = results;
    this.gathered = gathered;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long key = handle.get(w, lane);
      Texture texture = w.block.launch.memory.texture(key);
      int[] bits = new int[CHANNELS];
      if (texture == null) {
        missing(w, this, lane, key, "texture");
      } else {
        fetch(w, lane, texture, bits);
      }
      for (int c = 0; c < CHANNELS; c++) {
        results[c].set(w, lane, bits[c] & 0xffffffffL);
      }
    }
  }

  static void missing(Warp w, Op op, int lane, long key, String what) {
    w.report(
        Kind.OUT_OF_BOUNDS,
        lane,
        op,
        () ->
            new Message(
                String.format("Invalid %s object 0x%x", what, key),
                "it was not created, or it was destroyed before"));
  }

  private void fetch(Warp w, int lane, Texture texture, int[] bits) {
    Image image = texture.image();
    int n = geometry.dimensions;
    float[] at = new float[3];
    int first = geometry.layered ? 1 : 0;
    for (int d = 0; d < n; d++) {
      long raw = coordinates[first + d].get(w, lane);
      at[d] = wholeCoordinates ? (int) raw : Float.intBitsToFloat((int) raw);
    }
    int slice = 0;
    if (geometry.layered) {
      int layer = (int) coordinates[0].get(w, lane);
      slice = Math.max(0, Math.min(Texels.layers(image) - 1, layer));
    }
    Texture seen = texture;
    if (geometry.cube) {
      slice = 6 * slice + Texels.face(at[0], at[1], at[2], at);
      n = 2;
      seen =
          new Texture(
              image, texture.modes(), texture.linear(), true, texture.integers(), texture.border());
    }
    int[] extents = {image.width(), Math.max(1, image.height()), Math.max(1, image.depth())};
    boolean linear = gathered >= 0 || (texture.linear() && !wholeCoordinates);
    if (wholeCoordinates) {
      // Integers name texels; what lies outside is zero.
      whole(w, lane, texture, coordinates, extents, n, slice, bits);
      return;
    }
    Texels texels = Texels.of(seen, at, Arrays.copyOf(extents, n), linear);
    if (gathered >= 0) {
      int[] x = {texels.low[0], texels.high[0], texels.high[0], texels.low[0]};
      int[] y = {texels.high[1], texels.high[1], texels.low[1], texels.low[1]};
      for (int c = 0; c < CHANNELS; c++) {
        bits[c] = texel(w, lane, texture, x[c], y[c], slice)[gathered];
      }
      return;
    }
    float[] sum = new float[CHANNELS];
    for (int corner = 0; corner < 1 << (linear ? n : 0); corner++) {
      float weight = 1;
      int[] place = {0, 0, slice};
      for (int d = 0; d < n; d++) {
        boolean high = (corner >>> d & 1) != 0;
        weight *= !linear ? 1 : high ? texels.weight[d] : 1 - texels.weight[d];
        place[d] = high ? texels.high[d] : texels.low[d];
      }
      if (weight == 0) {
        continue;
      }
      int[] read = texel(w, lane, texture, place[0], place[1], place[2]);
      for (int c = 0; c < CHANNELS; c++) {
        sum[c] += weight * Float.intBitsToFloat(read[c]);
        bits[c] = linear ? Float.floatToRawIntBits(sum[c]) : read[c];
      }
    }
  }

  private void whole(
      Warp w, int lane, Texture texture, Ref[] at, int[] extents, int n, int slice, int[] bits) {
    int[] place = {0, 0, slice};
    for (int d = 0; d < n; d++) {
      place[d] = (int) at[(geometry.layered ? 1 : 0) + d].get(w, lane);
      if (place[d] < 0 || place[d] >= extents[d]) {
        return;
      }
    }
    System.arraycopy(texel(w, lane, texture, place[0], place[1], place[2]), 0, bits, 0, CHANNELS);
  }

  /// The four channels of a texel, as integers or floats. One that lies outside is the border.
  private int[] texel(Warp w, int lane, Texture texture, int x, int y, int z) {
    int[] bits = new int[CHANNELS];
    Image image = texture.image();
    boolean outside = x < 0 || y < 0 || z < 0;
    for (int c = 0; c < CHANNELS; c++) {
      if (outside) {
        float border = texture.border().get(c);
        bits[c] = Float.floatToRawIntBits(border);
      } else if (c < image.channels()) {
        int bytes = image.format().bytes;
        w.addresses[lane] = image.address((long) x * image.texel() + (long) c * bytes, y, z);
        words[bytes / 2].move(w, 1 << lane);
        bits[c] = value(texture, (int) w.laneValues().words[lane]);
      }
    }
    return bits;
  }

  private static int value(Texture texture, int raw) {
    Format format = texture.image().format();
    int unused = 32 - 8 * format.bytes;
    int whole = format.signed() ? raw << unused >> unused : raw << unused >>> unused;
    return switch (format) {
      case FLOAT, U32, S32 -> raw;
      case HALF -> Float.floatToRawIntBits(Float.float16ToFloat((short) raw));
      case U8, U16 ->
          texture.integers()
              ? whole
              : Float.floatToRawIntBits(whole / (float) ((1 << (8 * format.bytes)) - 1));
      case S8, S16 ->
          texture.integers()
              ? whole
              : Float.floatToRawIntBits(
                  Math.max(-1, whole / (float) ((1 << (8 * format.bytes - 1)) - 1)));
    };
  }
}
