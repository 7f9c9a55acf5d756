package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Image.Format;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// `tex` and `tld4`. Weights of filters have eight fraction bits, as a GPU's, between levels as
/// between texels.
public final class TextureFetch extends Op {
  /// How many coordinates there are, and what the first one is.
  ///
  /// @param dimensions coordinates without a layer
  public record Geometry(int dimensions, boolean layered, boolean cube) {}

  /// Which level is read: one that is named, one that follows from how fast the coordinates change,
  /// or, where neither is there, the first.
  ///
  /// @param level null where it is not named
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Lod(@Nullable Ref level, Ref[] alongX, Ref[] alongY) {
    public static final Lod FIRST = new Lod(null, new Ref[0], new Ref[0]);
  }

  private static final int CHANNELS = 4;
  private static final float WEIGHTS = 256;

  private final Geometry geometry;
  private final Ref handle;
  private final Ref[] coordinates;
  private final boolean wholeCoordinates;
  private final Ref[] results;
  private final Lod lod;

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
      int gathered,
      Lod lod) {
    this.geometry = geometry;
    this.handle = handle;
    this.coordinates = coordinates;
    this.wholeCoordinates = wholeCoordinates;
    this.results = results;
    this.gathered = gathered;
    this.lod = lod;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Texture texture = bound(w, this, lane, handle, "texture");
      int[] bits = new int[CHANNELS];
      if (texture != null) {
        fetch(w, lane, texture, bits);
      }
      for (int c = 0; c < CHANNELS; c++) {
        results[c].set(w, lane, bits[c] & 0xffffffffL);
      }
    }
  }

  /// The texture or surface that a lane names, or null where there is none, which is reported.
  static @Nullable Texture bound(Warp w, Op op, int lane, Ref handle, String what) {
    long key = handle.get(w, lane);
    Texture found = w.block.launch.memory.texture(key);
    if (found == null) {
      w.report(
          Kind.OUT_OF_BOUNDS,
          lane,
          op,
          () ->
              new Message(
                  String.format("Invalid %s object 0x%x", what, key),
                  "it was not created, or not bound, or it was destroyed before"));
    }
    return found;
  }

  private void fetch(Warp w, int lane, Texture texture, int[] bits) {
    Texture.Levels levels = texture.levels();
    float level = levels.level(asked(w, lane, texture));
    int low = (int) Math.floor(level);
    float weight = Math.round((level - low) * WEIGHTS) / WEIGHTS;
    if (lod.equals(Lod.FIRST)) {
      fetch(w, lane, texture, levels.images().getFirst(), bits);
    } else if (!levels.linear() || weight == 0) {
      int nearest = levels.linear() ? low : (int) Math.floor(level + 0.5f);
      fetch(w, lane, texture, levels.images().get(nearest), bits);
    } else {
      int[] more = new int[CHANNELS];
      fetch(w, lane, texture, levels.images().get(low), bits);
      fetch(w, lane, texture, levels.images().get(low + 1), more);
      for (int c = 0; c < CHANNELS; c++) {
        float one = Float.intBitsToFloat(bits[c]);
        float two = Float.intBitsToFloat(more[c]);
        bits[c] = Float.floatToRawIntBits((1 - weight) * one + weight * two);
      }
    }
  }

  /// The level that a lane asks for.
  private float asked(Warp w, int lane, Texture texture) {
    if (lod.level != null) {
      int bits = (int) lod.level.get(w, lane);
      return wholeCoordinates ? bits : Float.intBitsToFloat(bits);
    }
    float steps =
        Math.max(length(w, lane, texture, lod.alongX), length(w, lane, texture, lod.alongY));
    return (float) (Math.log(steps) / Math.log(2));
  }

  /// How many texels a change of the coordinates goes over.
  private static float length(Warp w, int lane, Texture texture, Ref[] change) {
    Image image = texture.image();
    int[] extents = {image.width(), image.height(), image.depth()};
    double sum = 0;
    for (int d = 0; d < change.length; d++) {
      float each = Float.intBitsToFloat((int) change[d].get(w, lane));
      double texels = each * (texture.normalised() ? extents[d] : 1);
      sum += texels * texels;
    }
    return (float) Math.sqrt(sum);
  }

  private void fetch(Warp w, int lane, Texture texture, Image image, int[] bits) {
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
              texture.levels(),
              texture.modes(),
              texture.linear(),
              true,
              texture.integers(),
              texture.border());
    }
    int[] extents = extents(image);
    boolean linear = gathered >= 0 || (texture.linear() && !wholeCoordinates);
    if (wholeCoordinates) {
      // Integers name texels; what lies outside is zero.
      whole(w, lane, texture, image, n, slice, bits);
      return;
    }
    Texels texels = Texels.of(seen, at, Arrays.copyOf(extents, n), linear);
    if (gathered >= 0) {
      int[] x = {texels.low[0], texels.high[0], texels.high[0], texels.low[0]};
      int[] y = {texels.high[1], texels.high[1], texels.low[1], texels.low[1]};
      for (int c = 0; c < CHANNELS; c++) {
        bits[c] = texel(w, lane, texture, image, new int[] {x[c], y[c], slice})[gathered];
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
      int[] read = texel(w, lane, texture, image, place);
      for (int c = 0; c < CHANNELS; c++) {
        sum[c] += weight * Float.intBitsToFloat(read[c]);
        bits[c] = linear ? Float.floatToRawIntBits(sum[c]) : read[c];
      }
    }
  }

  private void whole(Warp w, int lane, Texture texture, Image image, int n, int slice, int[] bits) {
    int[] extents = extents(image);
    int[] place = {0, 0, slice};
    for (int d = 0; d < n; d++) {
      place[d] = (int) coordinates[(geometry.layered ? 1 : 0) + d].get(w, lane);
      if (place[d] < 0 || place[d] >= extents[d]) {
        return;
      }
    }
    System.arraycopy(texel(w, lane, texture, image, place), 0, bits, 0, CHANNELS);
  }

  private static int[] extents(Image image) {
    return new int[] {image.width(), Math.max(1, image.height()), Math.max(1, image.depth())};
  }

  /// The four channels of a texel, as integers or floats. One that lies outside is the border.
  private int[] texel(Warp w, int lane, Texture texture, Image image, int[] place) {
    int[] bits = new int[CHANNELS];
    int x = place[0];
    int y = place[1];
    int z = place[2];
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
