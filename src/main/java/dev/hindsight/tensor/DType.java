package dev.hindsight.tensor;

/// What a tensor holds: values or ids.
public enum DType {
  F32,
  I32
}
