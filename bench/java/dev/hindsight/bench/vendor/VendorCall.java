package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.function.DoubleSupplier;
import java.util.function.IntPredicate;

/// What a vendor's library does in the place of a phase of an op.
///
/// @param functions that it calls: `multiply_mask + cublasSgemm`
/// @param note what to know before comparing: what it leaves out or was given ready; may be empty
/// @param run queues one call; throws [VendorException] where it fails
/// @param difference whether it is right: the largest difference of its result from ours, as a
///   share of our largest number; may run both once more
record VendorCall(String functions, String note, Runnable run, DoubleSupplier difference) {

  /// The largest difference among the elements that count, as a share of our largest.
  static double largest(float[] theirs, float[] ours, IntPredicate counts) {
    double apart = 0;
    double size = 0;
    for (int k = 0; k < ours.length; k++) {
      if (counts.test(k)) {
        double difference = Math.abs((double) theirs[k] - ours[k]);
        apart = difference <= apart ? apart : difference; // NaN is kept
        size = Math.max(size, Math.abs(ours[k]));
      }
    }
    return apart / size;
  }

  static double largest(float[] theirs, float[] ours) {
    return largest(theirs, ours, _ -> true);
  }

  /// Of tensors of one size.
  static double largest(Backend backend, Tensor theirs, Tensor ours) {
    return largest(backend.readFloats(theirs), backend.readFloats(ours));
  }

  /// A new tensor of these numbers, rounded to its type.
  static Tensor tensor(Backend backend, Scope scope, ElementType type, float[] values) {
    Tensor tensor = scope.tensor(type, values.length);
    backend.write(tensor, values);
    return tensor;
  }

  /// The tensor itself where it has the type, else a copy.
  static Tensor in(Backend backend, Scope scope, ElementType type, Tensor tensor) {
    return tensor.type() == type
        ? tensor
        : tensor(backend, scope, type, backend.readFloats(tensor));
  }
}
