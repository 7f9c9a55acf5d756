package dev.hindsight.softgpu.base;

import java.util.List;

/// How texels are read: a texture object, or a surface object, which has none but its image.
///
/// @param modes by dimension, what becomes of coordinates outside
/// @param normalised whether coordinates go from 0 to 1
/// @param integers whether integers stay integers; else 0 to 1, or -1 to 1
/// @param border what lies outside, by channel
public record Texture(
    Image image,
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

  /// A surface.
  public static Texture surface(Image image) {
    List<Mode> modes = List.of(Mode.CLAMP, Mode.CLAMP, Mode.CLAMP);
    return new Texture(image, modes, false, false, true, List.of(0f, 0f, 0f, 0f));
  }
}
