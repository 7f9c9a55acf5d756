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

/// Puts the methods of [Calls] behind the slots of the [Shim].
final class Upcalls {
  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

  private Upcalls() {}

  /// A method behind the slot of a function.
  private record Binding(Driver driver, Call call, MethodHandle target) {
    /// The one place where a C call enters Java. Everything is caught: an exception that escapes an
    /// upcall ends the process, and a C caller cannot see one anyway.
    @SuppressWarnings("UnusedMethod") // found by name below
    int invoke(Object[] arguments) {
      driver.lock.lock();
      try {
        driver.require(call);
        target.invokeExact(arguments);
        return CudaResult.SUCCESS.code();
      } catch (Throwable e) {
        return driver.failed(call.function(), e).code();
      } finally {
        driver.lock.unlock();
      }
    }
  }

  /// The exported functions, sorted: those with a method behind them and those without.
  record Functions(List<String> answered, List<String> missing) {}

  /// Fills the slots.
  static Functions install(Shim shim, Driver driver, List<Calls> groups) {
    Map<String, MethodHandle> found = new TreeMap<>();
    groups.forEach(group -> find(group, found));
    List<String> answered = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String function : shim.functions()) {
      MethodHandle target = found.remove(Call.name(function));
      if (target == null) {
        missing.add(function);
      } else {
        bind(shim, driver, Call.of(function), target);
        answered.add(function);
      }
    }
    if (!found.isEmpty()) {
      throw new IllegalStateException("libcuda.so.1 exports none of " + found.keySet());
    }
    return new Functions(List.copyOf(answered), List.copyOf(missing));
  }

  private static void find(Calls group, Map<String, MethodHandle> found) {
    for (Method method : group.getClass().getDeclaredMethods()) {
      if (!method.getName().startsWith("cu")) {
        continue;
      }
      MethodHandle handle = handle(method).bindTo(group);
      found.put(method.getName(), handle);
      Calls.Shorter shorter = method.getAnnotation(Calls.Shorter.class);
      for (String name : shorter == null ? new String[0] : shorter.value()) {
        int last = handle.type().parameterCount() - 1;
        Object zero = handle.type().parameterType(last) == long.class ? (Object) 0L : (Object) 0;
        found.put(name, MethodHandles.insertArguments(handle, last, zero));
      }
    }
  }

  @SuppressWarnings("restricted")
  private static void bind(Shim shim, Driver driver, Call call, MethodHandle target) {
    MethodType type = target.type();
    MethodHandle spread =
        target
            .asSpreader(Object[].class, type.parameterCount())
            .asType(MethodType.methodType(void.class, Object[].class));
    MethodHandle entry =
        invoke()
            .bindTo(new Binding(driver, call, spread))
            .asCollector(Object[].class, type.parameterCount())
            .asType(type.changeReturnType(int.class));
    MemoryLayout[] layouts =
        Arrays.stream(type.parameterArray()).map(Upcalls::layout).toArray(MemoryLayout[]::new);
    FunctionDescriptor descriptor = FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts);
    shim.set(call.function(), Linker.nativeLinker().upcallStub(entry, descriptor, Arena.global()));
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
