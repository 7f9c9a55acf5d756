package dev.hindsight.train;

import dev.hindsight.error.UserException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Sizes of a model that were given instead of a preset's, by the names of their options.
///
/// A preset takes the sizes that its model has; one that is then left over is a mistake.
public final class Sizes {
  private final Map<String, Number> given;
  private final Set<String> taken = new LinkedHashSet<>();

  public Sizes(Map<String, ? extends Number> given) {
    this.given = new LinkedHashMap<>(given);
  }

  /// All as the preset has them.
  public static Sizes ofPreset() {
    return new Sizes(Map.of());
  }

  /// What was given as `--name`, else the preset's.
  public int take(String name, int preset) {
    taken.add(name);
    Number value = given.get(name);
    return value == null ? preset : value.intValue();
  }

  /// The same for a fraction.
  public float take(String name, float preset) {
    taken.add(name);
    Number value = given.get(name);
    return value == null ? preset : value.floatValue();
  }

  /// Fails when a size was given that the model does not have.
  void requireAllTaken(String model) {
    for (String name : given.keySet()) {
      if (!taken.contains(name)) {
        throw new UserException(
            "%s has no --%s; its sizes are %s"
                .formatted(
                    model,
                    name,
                    taken.stream().map(t -> "--" + t).collect(Collectors.joining(", "))));
      }
    }
  }
}
