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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

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
        int code = driver.failed(call.function(), e).code();
        if (call.ofTheRuntime()) {
          driver.thread().lastError = code;
        }
        return code;
      } finally {
        driver.lock.unlock();
      }
    }

    /// The same for functions whose result is no error.
    @SuppressWarnings("UnusedMethod") // found by name below
    long ask(Object[] arguments) {
      driver.lock.lock();
      try {
        driver.require(call);
        return (long) target.invokeExact(arguments);
      } catch (Throwable e) {
        return driver.failed(call.function(), e).code();
      } finally {
        driver.lock.unlock();
      }
    }
  }

  /// The exported functions, sorted: those with a method behind them and those without.
  record Functions(List<String> answered, List<String> missing) {}

  /// Fills the slots of these functions. One of the runtime library that has no method of its own
  /// may have one of the driver.
  static Functions install(Shim shim, Driver driver, List<String> functions, List<Calls> groups) {
    Map<String, MethodHandle> found = new TreeMap<>();
    groups.forEach(group -> find(group, found));
    Map<String, MethodHandle> all = Map.copyOf(found);
    Set<String> unused = new TreeSet<>(found.keySet());
    List<String> answered = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String function : functions) {
      String exact = function.replaceFirst("_pt[ds][sz]$", "");
      String name = all.containsKey(exact) ? exact : Call.name(function);
      MethodHandle target = all.get(name);
      if (target == null && ofTheRuntime(name)) {
        target = all.get(RuntimeNames.ofTheDriver(name));
      }
      unused.remove(name);
      if (target == null) {
        missing.add(function);
      } else {
        bind(shim, driver, Call.of(function), target);
        answered.add(function);
      }
    }
    unused.removeIf(name -> ofTheRuntime(name) != ofTheRuntime(functions.getFirst()));
    if (!unused.isEmpty()) {
      throw new IllegalStateException("the shims export none of " + unused);
    }
    return new Functions(List.copyOf(answered), List.copyOf(missing));
  }

  private static boolean ofTheRuntime(String name) {
    return name.startsWith("cuda");
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
    boolean asks = type.returnType() == long.class;
    MethodHandle spread =
        target
            .asSpreader(Object[].class, type.parameterCount())
            .asType(MethodType.methodType(type.returnType(), Object[].class));
    MethodHandle entry =
        (asks ? entry("ask", long.class) : entry("invoke", int.class))
            .bindTo(new Binding(driver, call, spread))
            .asCollector(Object[].class, type.parameterCount());
    entry = entry.asType(type.changeReturnType(entry.type().returnType()));
    MemoryLayout[] layouts =
        Arrays.stream(type.parameterArray()).map(Upcalls::layout).toArray(MemoryLayout[]::new);
    MemoryLayout result = asks ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
    FunctionDescriptor descriptor = FunctionDescriptor.of(result, layouts);
    shim.set(
        call.function(),
        Linker.nativeLinker().upcallStub(entry, descriptor, Arena.global()).address());
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

  private static MethodHandle entry(String name, Class<?> result) {
    try {
      return LOOKUP.findVirtual(Binding.class, name, MethodType.methodType(result, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
