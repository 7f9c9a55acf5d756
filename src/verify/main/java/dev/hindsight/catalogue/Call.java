package dev.hindsight.catalogue;

import dev.hindsight.backend.Arguments;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.tensor.Gradient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A call of an op by its name, so that a case reads as a row of a table.
///
/// @param family the method of [Backend] that gives the family of the op; null for an op of the
///   backend itself
/// @param arguments names of operands, those of a record one by one; numbers and masks as they are;
///   null for what is left out
public record Call(@Nullable Method family, Method method, List<@Nullable Object> arguments)
    implements OpCase.Body {

  /// A gradient that nobody has added to.
  record Fresh(String operand) {}

  /// @param op `linear.backward`, or `copy` of the backend itself
  /// @param given names of operands, several in a string; what else the op is given, as it is
  /// @throws IllegalArgumentException where there is none with so many parameters
  static Call call(String op, @Nullable Object... given) {
    List<@Nullable Object> arguments = new ArrayList<>();
    for (Object each : given) {
      if (each instanceof String names) {
        arguments.addAll(List.of(names.split(" ")));
      } else {
        arguments.add(each);
      }
    }
    int dot = op.indexOf('.');
    Method family = dot < 0 ? null : method(Backend.class, op.substring(0, dot), 0);
    Class<?> type = family == null ? Backend.class : family.getReturnType();
    Method method = method(type, op.substring(dot + 1), arguments.size());
    return new Call(family, method, Collections.unmodifiableList(arguments));
  }

  private static Method method(Class<?> type, String name, int parameters) {
    return Stream.of(type.getMethods())
        .filter(m -> m.getName().equals(name) && Arguments.types(m).size() == parameters)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s has no %s of %d operands".formatted(type, name, parameters)));
  }

  public <T> T argument(int place, Class<T> type) {
    return Objects.requireNonNull(type.cast(arguments.get(place)));
  }

  /// The same without operands.
  public Call without(Set<String> names) {
    List<@Nullable Object> left = new ArrayList<>(arguments);
    left.replaceAll(
        argument -> argument instanceof String s && names.contains(s) ? null : argument);
    return new Call(family, method, left);
  }

  /// Whether it adds to a gradient that is left out.
  boolean addsToNothing() {
    return op().equals("accumulate") && arguments.contains(null);
  }

  /// As [Families#opName] says: `linearBackward`.
  public String op() {
    return Families.opName(family == null ? "" : family.getName(), method);
  }

  @Override
  public void run(Backend backend, Operands t) {
    List<Class<?>> types = Arguments.types(method);
    @Nullable Object[] given = arguments.toArray();
    for (int k = 0; k < given.length; k++) {
      given[k] =
          switch (given[k]) {
            case String name -> types.get(k) == Gradient.class ? t.gradient(name) : t.apply(name);
            case Fresh(String name) -> new Gradient(t.apply(name), true);
            case null, default -> given[k];
          };
    }
    Object target = family == null ? backend : invoke(family, backend);
    invoke(method, Objects.requireNonNull(target), Arguments.grouped(method, Arrays.asList(given)));
  }

  /// Calls a method by reflection, whose exceptions are those of the call.
  private static @Nullable Object invoke(
      Method method, Object target, @Nullable Object @Nullable ... arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(method.getName() + " failed", e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method.getName() + " cannot be called", e);
    }
  }
}
