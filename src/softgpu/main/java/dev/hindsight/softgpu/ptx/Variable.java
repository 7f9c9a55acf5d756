package dev.hindsight.softgpu.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A variable of a module or of a function; equal only to itself.
public final class Variable {
  /// Which memory a variable lies in.
  public enum Space {
    GLOBAL,
    CONST,
    SHARED,
    LOCAL,
    PARAM
  }

  /// Whose it is.
  public enum Origin {
    OWN,
    EXTERNAL,
    /// The host sees it, too.
    MANAGED,
    /// It stands for a texture that the host names.
    TEXTURE,
    /// It stands for a surface that the host names.
    SURFACE
  }

  /// `name+offset` at byte `at` of an initialiser.
  public record Reference(int at, String name, long offset, boolean generic) {}

  public final String name;
  public final Space space;
  public final int align;

  /// Bytes of one element.
  public final int unit;

  public final int bytes;
  public final Origin origin;
  public final boolean external;
  public final boolean managed;

  /// Initial bytes, or null for zeros.
  public final byte @Nullable [] initial;

  public final List<Reference> references;

  public Variable(
      String name,
      Space space,
      int align,
      int unit,
      int bytes,
      Origin origin,
      byte @Nullable [] initial,
      List<Reference> references) {
    this.name = name;
    this.space = space;
    this.align = align;
    this.unit = unit;
    this.bytes = bytes;
    this.origin = origin;
    this.external = origin == Origin.EXTERNAL;
    this.managed = origin == Origin.MANAGED;
    this.initial = initial;
    this.references = references;
  }

  @Override
  public String toString() {
    return name;
  }
}
