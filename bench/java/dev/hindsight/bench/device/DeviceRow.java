package dev.hindsight.bench.device;

import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Tolerance;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The time of one op in one direction on a device.
///
/// @param phase `forward` or `backward`
/// @param precision of the backend
/// @param ceilings what the device reached right before
/// @param software whether the device is the software GPU, whose times mean nothing
public record DeviceRow(
    OpCase opCase,
    String phase,
    Precision precision,
    DeviceTime time,
    Ceilings ceilings,
    boolean software) {

  private OpCase.Work work() {
    return phase.equals("forward") ? opCase.forwardWork() : opCase.backwardWork();
  }

  /// What the op multiplies in.
  private Precision multiplied() {
    return Tolerance.precision(opCase.op(), precision);
  }

  double teraflops() {
    return work().flops() / time.median() / 1e6;
  }

  double gigabytes() {
    return work().bytes() / time.median() / 1e3;
  }

  /// Percent of the multiply-adds, or products on tensor cores, that the device reached.
  double percentOfArithmetic() {
    return 100 * teraflops() / ceilings.teraflops(multiplied());
  }

  /// Percent of the bytes that a copy moved.
  double percentOfCopy() {
    return 100 * gigabytes() / ceilings.copyGigabytes();
  }

  /// Above the rows of [#text].
  public static String header() {
    return String.format(
        Locale.ROOT,
        "%-48s %-8s %-4s %11s %11s %11s %5s %8s %6s %8s %6s",
        "op",
        "phase",
        "in",
        "us",
        "quarter",
        "3 quarters",
        "calls",
        "TFLOP/s",
        "% best",
        "GB/s",
        "% copy");
  }

  /// One line for people.
  public String text() {
    return String.format(
        Locale.ROOT,
        "%-48s %-8s %-4s %11.2f %11.2f %11.2f %5d %8.3f %6.1f %8.1f %6.1f",
        opCase,
        phase,
        multiplied().label(),
        time.median(),
        time.quarter(),
        time.threeQuarters(),
        time.calls(),
        teraflops(),
        percentOfArithmetic(),
        gigabytes(),
        percentOfCopy());
  }

  /// For a file.
  public Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("op", opCase.op());
    line.put("shape", opCase.shape());
    line.put("phase", phase);
    line.put("precision", precision.label());
    line.put("multiplied_in", multiplied().label());
    line.put("software_gpu", software);
    line.putAll(time.json());
    line.put("tflops", teraflops());
    line.put("gb_per_s", gigabytes());
    line.put("percent_of_arithmetic", percentOfArithmetic());
    line.put("percent_of_copy", percentOfCopy());
    line.put("ceilings", ceilings.json());
    return line;
  }
}
