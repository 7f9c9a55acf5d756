package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Arguments;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/// Families that round what they store: after each call of an op every tensor that it was given
/// holds numbers of its type. To round what was only read changes nothing. So the reference trains
/// with the rounding of a backend that stores activations in fewer bits, but with no other.
record Rounding(Nd4jMemory memory) {
  /// @param family one of the interfaces of [dev.hindsight.backend.Families]
  Object of(Class<?> family, Object ops) {
    return Proxy.newProxyInstance(
        family.getClassLoader(),
        new Class<?>[] {family},
        (_, method, given) -> {
          try {
            Object result = method.invoke(ops, given);
            for (Object argument : Arguments.of(given)) {
              switch (argument) {
                case Tensor tensor -> memory.round(tensor);
                case Gradient(Tensor tensor, boolean fresh) -> memory.round(tensor);
                case null, default -> {}
              }
            }
            return result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
