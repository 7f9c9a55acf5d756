package dev.hindsight.backend;

import dev.hindsight.error.UserException;
import dev.hindsight.tensor.ElementType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// What matrix products multiply. Products are exact and sums in fp32 in any of them.
///
/// TF32 rounds the factors on their way to the tensor cores, and all that is stored is fp32. With
/// BF16 activations, their gradients and the weights that products read lie in memory as bf16,
/// rounded once when they are stored ([ElementType]). `cuda` has both, `cpu` BF16.
public enum Precision {
  /// 24 bits of significand: as the factors are.
  FP32(0x1p-24, ElementType.FP32),
  /// 11 bits, and the range of fp32.
  TF32(0x1p-11, ElementType.FP32),
  /// 8 bits, and the range of fp32.
  BF16(0x1p-8, ElementType.BF16);

  private final double roundoff;
  private final ElementType storage;

  Precision(double roundoff, ElementType storage) {
    this.roundoff = roundoff;
    this.storage = storage;
  }

  /// The largest relative error of one rounding.
  public double roundoff() {
    return roundoff;
  }

  /// What activations lie in memory as.
  public ElementType storage() {
    return storage;
  }

  /// `tf32`: for people and files.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// What a kernel or file of products is called in this precision: `linear`, `linear_tf32`.
  public String variant(String name) {
    return this == FP32 ? name : name + "_" + label();
  }

  /// By its label.
  ///
  /// @throws UserException when there is none of this name
  public static Precision of(String label) {
    return Arrays.stream(values())
        .filter(p -> p.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "no precision is called '%s'; there are: %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(Precision::label)
                                .collect(Collectors.joining(", ")))));
  }
}
