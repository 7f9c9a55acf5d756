package dev.hindsight.tensor;

/// A handle: a shape and a place inside one scope. It owns nothing and is never closed.
///
/// @param address where the first element lies, in the scope's own memory: a device address on a
///   GPU, a native one on the CPU. Reading it after the scope was closed throws.
public record Tensor(Scope scope, long address, Shape shape) {

  @Override
  public long address() {
    scope.requireOpen(this);
    return address;
  }

  public int dim(int axis) {
    return shape.dim(axis);
  }

  public long size() {
    return shape.size();
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
    return new Tensor(scope, address + offset * Float.BYTES, part);
  }

  @Override
  public String toString() {
    return shape + " in '" + scope.label() + "'";
  }
}
