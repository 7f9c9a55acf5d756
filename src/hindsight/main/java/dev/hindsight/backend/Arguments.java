package dev.hindsight.backend;

import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What an op is given, one by one: records of tensors, such as [Gradients], taken apart. For what
/// watches calls through a proxy.
public final class Arguments {
  private Arguments() {}

  /// The arguments of a call.
  ///
  /// @param given null where there are none, as a proxy has it
  public static List<@Nullable Object> of(@Nullable Object @Nullable [] given) {
    List<@Nullable Object> all = new ArrayList<>();
    for (Object argument : given == null ? new Object[0] : given) {
      if (argument != null && isGroup(argument.getClass())) {
        all.addAll(of(components(argument)));
      } else {
        all.add(argument);
      }
    }
    return all;
  }

  /// The types of what an op is given, one by one.
  public static List<Class<?>> types(Method op) {
    return Arrays.stream(op.getParameterTypes()).flatMap(Arguments::types).toList();
  }

  private static Stream<Class<?>> types(Class<?> type) {
    return isGroup(type)
        ? Arrays.stream(componentTypes(type)).flatMap(Arguments::types)
        : Stream.of(type);
  }

  private static Class<?>[] componentTypes(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getType)
        .toArray(Class<?>[]::new);
  }

  /// The way back of [#of]: what to call the op with.
  public static @Nullable Object[] grouped(Method op, List<@Nullable Object> all) {
    return grouped(op.getParameterTypes(), all.iterator());
  }

  private static @Nullable Object[] grouped(Class<?>[] types, Iterator<@Nullable Object> all) {
    return Arrays.stream(types).map(t -> isGroup(t) ? group(t, all) : all.next()).toArray();
  }

  private static boolean isGroup(Class<?> type) {
    return type.isRecord()
        && type != Gradient.class
        && Arrays.stream(componentTypes(type))
            .anyMatch(t -> t == Tensor.class || t == Gradient.class);
  }

  private static @Nullable Object[] components(Object group) {
    try {
      RecordComponent[] components = group.getClass().getRecordComponents();
      @Nullable Object[] values = new Object[components.length];
      for (int k = 0; k < values.length; k++) {
        values[k] = components[k].getAccessor().invoke(group);
      }
      return values;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object group(Class<?> type, Iterator<@Nullable Object> all) {
    Class<?>[] types = componentTypes(type);
    try {
      return type.getDeclaredConstructor(types).newInstance(grouped(types, all));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
