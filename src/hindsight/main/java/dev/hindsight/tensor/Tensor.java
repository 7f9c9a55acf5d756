package dev.hindsight.tensor;

/// A handle: a shape, a type and a place inside one scope. It owns nothing and is never closed.
///
/// @param address where the first element lies, in the scope's own memory: a device address on a
///   GPU, a native one on the CPU. Reading it after the scope was closed throws, as it does where
///   the scope has no memory.
/// @param type of its elements
public record Tensor(Scope scope, long address, Shape shape, ElementType type) {
  /// One of fp32.
  public Tensor(Scope scope, long address, Shape shape) {
    this(scope, address, shape, ElementType.FP32);
  }

  @Override
  public long address() {
    scope.requireOpen(this);
    if (!scope.hasMemory()) {
      throw new IllegalStateException(
          "tensor %s: a pass over shapes alone has no elements to read or write".formatted(shape));
    }
    return address;
  }

  public int dim(int axis) {
    return shape.dim(axis);
  }

  public long size() {
    return shape.size();
  }

  /// Bytes that its elements take.
  public long bytes() {
    return size() * type.bytes();
  }

  public int rows() {
    return shape.rows();
  }

  public int channels() {
    return shape.channels();
  }

  /// The part that starts at element `offset`, seen with another shape. For parameters, which lie
  /// side by side in one flat tensor; ops never make views.
  public Tensor part(long offset, Shape part) {
    if (offset < 0 || offset + part.size() > size()) {
      throw new IllegalArgumentException(
          "tensor: part %s at %d does not fit in %s".formatted(part, offset, shape));
    }
    return new Tensor(scope, address + offset * type.bytes(), part, type);
  }

  @Override
  public String toString() {
    return shape + (type == ElementType.FP32 ? "" : " of " + type) + " in '" + scope.label() + "'";
  }
}
