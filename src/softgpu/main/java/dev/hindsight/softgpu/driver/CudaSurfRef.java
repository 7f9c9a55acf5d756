package dev.hindsight.softgpu.driver;

/// A surface reference of a module.
final class CudaSurfRef {
  /// Address of the variable that stands for it.
  final long variable;

  /// The handle of its array; 0 before it has one.
  long array;

  CudaSurfRef(long variable) {
    this.variable = variable;
  }
}
