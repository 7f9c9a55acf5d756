package dev.hindsight.softgpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Puts the [Call] methods behind the slots of the [Shim].
final class Upcalls {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  private Upcalls() {}

  /// A method that answers a function.
  private record Target(Call call, MethodHandle handle) {}

  /// The same, behind its slot.
  private record Binding(Driver driver, String function, Call call, MethodHandle target) {

    /// The one place where a C call enters Java. Everything is caught: an exception that escapes an
    /// upcall ends the process, and a C caller cannot see one anyway.
    @SuppressWarnings("UnusedMethod") // found by name below
    int invoke(Object[] arguments) {
      driver.enter();
      try {
        driver.require(call, function);
        target.invokeExact(arguments);
        return CudaResult.SUCCESS.code();
      } catch (Throwable e) {
        return driver.failed(function, e).code();
      } finally {
        driver.leave();
      }
    }
  }

  /// The exported functions, sorted: those with a method behind them and those without.
  record Functions(List<String> answered, List<String> missing) {}

  /// Fills the slots.
  static Functions install(Shim shim, Driver driver, List<?> groups) {
    Map<String, Target> found = new TreeMap<>();
    for (Object group : groups) {
      for (Method method : group.getClass().getDeclaredMethods()) {
        Call call = method.getAnnotation(Call.class);
        if (call != null) {
          found.put(method.getName(), new Target(call, handle(method).bindTo(group)));
        }
      }
    }
    List<String> answered = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String function : shim.functions()) {
      String name = function.replaceFirst("_v\\d$", "");
      Target target = found.remove(name);
      if (target == null) {
        missing.add(function);
      } else {
        bind(shim, driver, function, target);
        answered.add(function);
      }
    }
    if (!found.isEmpty()) {
      throw new IllegalStateException("libcuda.so.1 exports none of " + found.keySet());
    }
    return new Functions(List.copyOf(answered), List.copyOf(missing));
  }

  @SuppressWarnings("restricted")
  private static void bind(Shim shim, Driver driver, String function, Target target) {
    MethodType type = target.handle().type();
    MethodHandle spread =
        target
            .handle()
            .asSpreader(Object[].class, type.parameterCount())
            .asType(MethodType.methodType(void.class, Object[].class));
    MethodHandle entry =
        invoke()
            .bindTo(new Binding(driver, function, target.call(), spread))
            .asCollector(Object[].class, type.parameterCount())
            .asType(type.changeReturnType(int.class));
    MemoryLayout[] layouts =
        Arrays.stream(type.parameterArray()).map(Upcalls::layout).toArray(MemoryLayout[]::new);
    FunctionDescriptor descriptor = FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts);
    shim.set(function, Linker.nativeLinker().upcallStub(entry, descriptor, Arena.global()));
  }

  private static MemoryLayout layout(Class<?> type) {
    return switch (type.getName()) {
      case "byte" -> ValueLayout.JAVA_BYTE;
      case "short" -> ValueLayout.JAVA_SHORT;
      case "int" -> ValueLayout.JAVA_INT;
      case "long" -> ValueLayout.JAVA_LONG;
      case "float" -> ValueLayout.JAVA_FLOAT;
      default -> throw new IllegalArgumentException("a C function passes no " + type.getName());
    };
  }

  private static MethodHandle handle(Method method) {
    try {
      return LOOKUP.unreflect(method);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method + " must be visible in its package", e);
    }
  }

  private static MethodHandle invoke() {
    try {
      return LOOKUP.findVirtual(
          Binding.class, "invoke", MethodType.methodType(int.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
