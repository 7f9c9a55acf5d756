package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.device.DeviceTime;
import dev.hindsight.catalogue.OpCase;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a vendor's library took for a phase of an op, or why it has no time.
///
/// @param phase `forward` or `backward`
/// @param functions that were called, `-` where none was
/// @param note what to know before comparing
/// @param ours what the op took in the same run, microseconds
/// @param difference of the results, as a share of the largest number; NaN where they cannot be
///   compared
/// @param failure why there is no time, else null
public record VendorRow(
    OpCase opCase,
    String phase,
    Precision precision,
    String functions,
    String note,
    @Nullable DeviceTime time,
    double ours,
    double difference,
    @Nullable String failure) {

  static VendorRow without(
      OpCase opCase, String phase, Precision precision, double ours, @Nullable String why) {
    return new VendorRow(opCase, phase, precision, "-", "", null, ours, Double.NaN, why);
  }

  /// How many times as long as ours it took; NaN where it has no time.
  public double ratio() {
    return time == null ? Double.NaN : time.median() / ours;
  }

  /// For a file.
  public Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("op", opCase.op());
    line.put("shape", opCase.shape());
    line.put("phase", phase);
    line.put("precision", precision.label());
    line.put("vendor", functions);
    line.put("note", note);
    if (time != null) {
      line.putAll(time.json());
      line.put("ours_us", ours);
      line.put("vendor_by_ours", ratio());
      line.put("largest_difference", difference);
    } else {
      line.put("failure", failure);
    }
    return line;
  }
}
