package dev.hindsight.softgpu.base;

import java.util.List;

/// How texels are read: a texture object, or a surface object, which has none but its image.
///
/// @param levels the image, and smaller ones of it
/// @param modes by dimension, what becomes of coordinates outside
/// @param normalised whether coordinates go from 0 to 1
/// @param integers whether integers stay integers; else 0 to 1, or -1 to 1
/// @param border what lies outside, by channel
public record Texture(
    Levels levels,
    List<Mode> modes,
    boolean linear,
    boolean normalised,
    boolean integers,
    List<Float> border) {
  /// What a coordinate outside of the texture means, by its number in CUDA.
  public enum Mode {
    WRAP,
    CLAMP,
    MIRROR,
    BORDER
  }

  /// Images each half as large as the one before, the largest first.
  ///
  /// @param linear whether two are mixed; else the nearest is taken
  /// @param bias what is added to each level that is asked for
  /// @param least the level that is read at least
  /// @param most the level that is read at most
  public record Levels(List<Image> images, boolean linear, float bias, float least, float most) {
    public static Levels of(Image image) {
      return new Levels(List.of(image), false, 0, 0, 0);
    }

    /// The level that is read where this one is asked for.
    public float level(float asked) {
      float wanted = Math.max(least, Math.min(most, asked + bias));
      return Math.max(0, Math.min(images.size() - 1, wanted));
    }
  }

  public Image image() {
    return levels.images().getFirst();
  }

  /// A surface.
  public static Texture surface(Image image) {
    List<Mode> modes = List.of(Mode.CLAMP, Mode.CLAMP, Mode.CLAMP);
    return new Texture(Levels.of(image), modes, false, false, true, List.of(0f, 0f, 0f, 0f));
  }
}
