package dev.hindsight.bench;

import dev.hindsight.catalogue.OpCase;
import java.util.LinkedHashMap;
import java.util.Map;

/// The time of one op in one direction on one backend.
///
/// @param phase `forward` or `backward`
/// @param microseconds mean of a call
/// @param error half of the 99.9 % confidence interval, in microseconds
record OpRow(OpCase opCase, String phase, String backend, double microseconds, double error) {

  private OpCase.Work work() {
    return phase.equals("forward") ? opCase.forwardWork() : opCase.backwardWork();
  }

  double gigaflops() {
    return work().flops() / (microseconds * 1e3);
  }

  double gigabytesPerSecond() {
    return work().bytes() / (microseconds * 1e3);
  }

  Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("op", opCase.op());
    line.put("shape", opCase.shape());
    line.put("phase", phase);
    line.put("backend", backend);
    line.put("us", microseconds);
    line.put("us_error", error);
    line.put("gflops", gigaflops());
    line.put("gb_per_s", gigabytesPerSecond());
    return line;
  }
}
