package dev.hindsight.softgpu.ptx;

import org.jspecify.annotations.Nullable;

/// A fundamental PTX type.
public enum Type {
  PRED(0, 'p'),
  B8(1, 'b'),
  U8(1, 'u'),
  S8(1, 's'),
  B16(2, 'b'),
  U16(2, 'u'),
  S16(2, 's'),
  F16(2, 'f'),
  BF16(2, 'f'),
  B32(4, 'b'),
  U32(4, 'u'),
  S32(4, 's'),
  F32(4, 'f'),
  TF32(4, 'f'),
  F16X2(4, 'f'),
  BF16X2(4, 'f'),
  B64(8, 'b'),
  U64(8, 'u'),
  S64(8, 's'),
  F64(8, 'f');

  public final int bytes;
  private final char family;

  Type(int bytes, char family) {
    this.bytes = bytes;
    this.family = family;
  }

  public boolean signed() {
    return family == 's';
  }

  public boolean floating() {
    return family == 'f';
  }

  public int bits() {
    return bytes * 8;
  }

  /// The type of this name (`f32`), or null.
  public static @Nullable Type of(String name) {
    for (Type type : values()) {
      if (type.name().equalsIgnoreCase(name)) {
        return type;
      }
    }
    return null;
  }
}
