package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A call of an op with its arguments, as a case makes it.
///
/// @param op as `Families.opName` says
record OpCall(String op, List<@Nullable Object> arguments) {

  /// The last op that the forward phase of a case calls. None is run.
  static OpCall of(OpCase opCase, Backend backend, CaseTensors tensors) {
    return all(opCase.forward(), backend, tensors).getLast();
  }

  /// The ops that a phase of a case calls. None is run.
  static List<OpCall> all(OpCase.Body phase, Backend backend, CaseTensors tensors) {
    List<OpCall> calls = new ArrayList<>();
    Backend noting =
        proxy(
            Backend.class,
            (_, method, arguments) ->
                Families.isFamily(method)
                    ? proxy(
                        method.getReturnType(),
                        (_, op, given) -> {
                          List<@Nullable Object> all = new ArrayList<>(List.of());
                          for (Object argument : given) {
                            all.add(argument);
                          }
                          calls.add(new OpCall(Families.opName(method.getName(), op), all));
                          return null;
                        })
                    : invoke(method, backend, arguments));
    phase.run(noting, tensors::get);
    return calls;
  }

  private static @Nullable Object invoke(
      Method method, Object target, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /// The argument at a place.
  <T> T argument(int place, Class<T> type) {
    return type.cast(arguments.get(place));
  }
}
