package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntPredicate;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/// The numbers that a library is given, and what it made of them.
///
/// @param scope of its tensors
record Given(Backend backend, Scope scope) {

  /// JCuda's form of an address.
  static Pointer at(Tensor tensor) {
    return new CUdeviceptr().withByteOffset(tensor.address());
  }

  /// Zeros of the type that activations are stored in.
  Tensor zeros(int... dims) {
    Tensor tensor = scope.tensor(backend.storage(), dims);
    scope.clear(tensor);
    return tensor;
  }

  /// A new tensor of these numbers, rounded to its type.
  Tensor tensor(ElementType type, float[] values, int... dims) {
    Tensor tensor = scope.tensor(type, dims);
    backend.write(tensor, values);
    return tensor;
  }

  /// The tensor itself where it has the type, else a copy.
  Tensor in(ElementType type, Tensor tensor) {
    return tensor.type() == type
        ? tensor
        : tensor(type, backend.readFloats(tensor), tensor.shape().dims());
  }

  Tensor stored(Tensor tensor) {
    return in(backend.storage(), tensor);
  }

  /// The largest difference between tensors of one size, as a share of our largest number.
  double difference(Tensor theirs, Tensor ours) {
    return difference(backend.readFloats(theirs), ours, _ -> true);
  }

  /// The same among the elements that count.
  double difference(float[] theirs, Tensor ours, IntPredicate counts) {
    float[] wanted = backend.readFloats(ours);
    double apart = 0;
    double size = 0;
    for (int k = 0; k < wanted.length; k++) {
      if (counts.test(k)) {
        double difference = Math.abs((double) theirs[k] - wanted[k]);
        apart = difference <= apart ? apart : difference; // NaN is kept
        size = Math.max(size, Math.abs(wanted[k]));
      }
    }
    return apart / size;
  }
}
