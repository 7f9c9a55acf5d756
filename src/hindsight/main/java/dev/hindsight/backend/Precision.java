package dev.hindsight.backend;

import dev.hindsight.error.UserException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How the factors of a matrix product are rounded before they are multiplied. Products are exact
/// and sums in fp32 in any of them, and everything that is stored is fp32.
///
/// TF32 and BF16 are what tensor cores multiply; only `cuda` has them.
public enum Precision {
  /// 24 bits of significand: as the factors are.
  FP32(0x1p-24),
  /// 11 bits, and the range of fp32.
  TF32(0x1p-11),
  /// 8 bits, and the range of fp32.
  BF16(0x1p-8);

  private final double roundoff;

  Precision(double roundoff) {
    this.roundoff = roundoff;
  }

  /// The largest relative error of one rounding.
  public double roundoff() {
    return roundoff;
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
