package dev.hindsight.predict;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Where a tensor of a listed step lies, which outlives its scope.
record Operand(long address, Shape shape, ElementType type) {
  static Operand of(Tensor tensor) {
    return new Operand(tensor.address(), tensor.shape(), tensor.type());
  }

  long bytes() {
    return shape.size() * type.bytes();
  }

  /// Whether it is a part of another one, as a matrix is of all parameters.
  boolean within(Operand whole) {
    return address >= whole.address && address < whole.address + whole.bytes();
  }
}
