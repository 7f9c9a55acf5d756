package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import java.util.Arrays;
import java.util.List;

/// What is timed, by a name that fits a JMH parameter and a row.
final class Benched {
  static final String SOFTWARE_GPU = "software-gpu";

  private Benched() {}

  /// `cuda-tf32`: a backend in a precision.
  static String in(Precision precision, String name) {
    return precision == Precision.FP32 ? name : name + "-" + precision.label();
  }

  static Backend open(String name) {
    for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
      String end = in(precision, "");
      if (name.endsWith(end)) {
        return open(name.substring(0, name.length() - end.length()), precision);
      }
    }
    return open(name, Precision.FP32);
  }

  private static Backend open(String name, Precision precision) {
    return name.equals(SOFTWARE_GPU)
        ? Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision)
        : Backends.open(name, precision);
  }

  static double median(double... values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
