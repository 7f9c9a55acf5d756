package dev.hindsight.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Some sizes of a model, in the order in which they were named.
public final class Sizes {
  private static final Sizes NONE = new Sizes(Map.of());

  private final Map<Size, Object> values;

  private Sizes(Map<Size, Object> values) {
    this.values = values;
  }

  /// None, so that a preset keeps its own.
  public static Sizes none() {
    return NONE;
  }

  /// A single one.
  public static Sizes of(Size size, Object value) {
    return NONE.with(size, value);
  }

  /// The same, but for one more or with another value.
  public Sizes with(Size size, Object value) {
    Map<Size, Object> more = new LinkedHashMap<>(values);
    more.put(size, size.type().cast(value));
    return new Sizes(more);
  }

  /// The same, but where `other` has a value too, that.
  Sizes with(Sizes other) {
    Map<Size, Object> more = new LinkedHashMap<>(values);
    more.putAll(other.values);
    return new Sizes(more);
  }

  /// Which these are.
  public Set<Size> named() {
    return Collections.unmodifiableSet(values.keySet());
  }

  int whole(Size size) {
    return (Integer) value(size);
  }

  Object value(Size size) {
    return Objects.requireNonNull(values.get(size), size.option());
  }
}
