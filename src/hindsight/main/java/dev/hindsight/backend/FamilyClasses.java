package dev.hindsight.backend;

import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Makes the families of a backend from its classes of their stems, which lie beside it or in rooms
/// of its own: `CudaBackend` has `CudaGate` for [Gate]. Their constructors say what they need:
/// parts of the backend, or each other.
public final class FamilyClasses {
  private final Class<? extends Backend> backend;
  private final List<String> rooms;
  private final List<Object> parts;

  /// For one backend, each family once.
  ///
  /// @param parts what constructors may ask for, by its class; a family that has no class of its
  ///   stem is among them
  public FamilyClasses(Class<? extends Backend> backend, Object... parts) {
    this(backend, List.of(), parts);
  }

  /// The same for one whose families lie in rooms below it.
  public FamilyClasses(Class<? extends Backend> backend, List<String> rooms, Object... parts) {
    this.backend = backend;
    this.rooms = rooms;
    this.parts = new ArrayList<>(Arrays.asList(parts));
  }

  /// All of them.
  public Families families() {
    return Families.of(this::get);
  }

  /// Of an interface that [Families] lists, or of a part's class.
  ///
  /// @throws IllegalStateException when there is no such class or part
  public Object get(Class<?> type) {
    for (Object part : parts) {
      if (type.isInstance(part)) {
        return part;
      }
    }
    if (Families.interfaces().noneMatch(family -> family.isAssignableFrom(type))) {
      throw new IllegalStateException(
          "%s: a family's constructor asks for %s, which is no part"
              .formatted(backend.getSimpleName(), type.getSimpleName()));
    }
    Object made = make(type.isInterface() ? ofStem(type.getSimpleName()) : type);
    parts.add(made);
    return made;
  }

  private Class<?> ofStem(String stem) {
    String name = backend.getSimpleName().replaceFirst("Backend$", stem);
    String beside = backend.getPackageName();
    return Stream.concat(Stream.of(beside), rooms.stream().map(room -> beside + "." + room))
        .flatMap(room -> named(room + "." + name).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "wanted a class %s for the family %s of %s"
                        .formatted(name, stem, Families.class)));
  }

  private Optional<Class<?>> named(String name) {
    try {
      return Optional.of(Class.forName(name, true, backend.getClassLoader()));
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  private Object make(Class<?> type) {
    Constructor<?> constructor = type.getDeclaredConstructors()[0];
    Object[] needs = Arrays.stream(constructor.getParameterTypes()).map(this::get).toArray();
    constructor.setAccessible(true); // what only the backend makes is not public
    try {
      return constructor.newInstance(needs);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getSimpleName() + " cannot be made", e);
    }
  }
}
