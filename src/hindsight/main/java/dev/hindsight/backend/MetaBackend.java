package dev.hindsight.backend;

import dev.hindsight.tensor.Memory;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/// A backend of shapes alone, as PyTorch's meta device: its tensors have no memory and its ops
/// compute nothing. On it a model of any size is made, and a pass looked at, in milliseconds.
public final class MetaBackend implements InvocationHandler {
  /// Every family, whose ops do nothing.
  private static final Families FAMILIES =
      Families.of(type -> proxy(type, (_, op, _) -> nothing(op)));

  private final ScopePool pool = new ScopePool(Memory.none());
  private final @Nullable Backend elements;
  private final Precision precision;

  private MetaBackend(@Nullable Backend elements, Precision precision) {
    this.elements = elements;
    this.precision = precision;
  }

  /// For a model of its own.
  public static Backend open() {
    return open(Precision.FP32);
  }

  /// The same of a backend in another precision.
  public static Backend open(Precision precision) {
    return proxy(Backend.class, new MetaBackend(null, precision));
  }

  /// For a pass through a model of another backend, which is asked for elements of its tensors.
  public static Backend beside(Backend elements) {
    return proxy(Backend.class, new MetaBackend(elements, Precision.FP32));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    Object[] given = arguments == null ? new Object[0] : arguments;
    return switch (method.getName()) {
      case "name", "describe" -> "meta";
      case "open" -> pool.open((String) given[0]);
      case "families" -> FAMILIES;
      case "precision" -> precision;
      case "reservedBytes" -> pool.reservedBytes();
      case "readInts" -> read((Tensor) given[0]);
      default ->
          method.isDefault()
              ? InvocationHandler.invokeDefault(proxy, method, arguments)
              : nothing(method);
    };
  }

  private int[] read(Tensor tensor) {
    return elements == null || !tensor.scope().hasMemory()
        ? new int[Math.toIntExact(tensor.size())]
        : elements.readInts(tensor);
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /// `false`, 0 or null, as a method's type wants it.
  private static @Nullable Object nothing(Method method) {
    Class<?> type = method.getReturnType();
    return type == void.class ? null : Array.get(Array.newInstance(type, 1), 0);
  }
}
