package dev.hindsight.bench.device;

import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Tolerance;
import java.util.LinkedHashMap;
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
