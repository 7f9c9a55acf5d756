package dev.hindsight.tensor;

/// What a tensor holds: F32 values or I32 ids. Both take four bytes.
public enum DType {
  F32,
  I32;

  public static final int BYTES = 4;
}
