package dev.hindsight.bench.device;

import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.catalogue.Tolerance;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The time of one op in one direction on a device.
///
/// @param tensors on which it ran
/// @param precision of the backend
/// @param ceilings what the device reached right before
public record DeviceRow(
    OpCase opCase,
    Phase phase,
    CaseTensors tensors,
    Precision precision,
    DeviceTime time,
    Ceilings ceilings) {

  /// What the op multiplies in.
  private Precision multiplied() {
    return Tolerance.precision(opCase.op(), precision);
  }

  double teraflops() {
    return phase.work().flops() / time.median() / 1e6;
  }

  private double gigabytes() {
    return phase.work().bytes() / time.median() / 1e3;
  }

  /// For a file.
  ///
  /// @param software whether the device is the software GPU, whose times mean nothing
  public Map<String, @Nullable Object> json(boolean software) {
    Map<String, @Nullable Object> line = opCase.columns(phase);
    line.put("precision", precision.label());
    line.put("multiplied_in", multiplied().label());
    line.put("software_gpu", software);
    line.putAll(time.json());
    line.put("tflops", teraflops());
    line.put("gb_per_s", gigabytes());
    line.put("percent_of_arithmetic", 100 * teraflops() / ceilings.teraflops(multiplied()));
    line.put("percent_of_copy", 100 * gigabytes() / ceilings.copyGigabytes());
    line.put("ceilings", ceilings.json());
    return line;
  }
}
