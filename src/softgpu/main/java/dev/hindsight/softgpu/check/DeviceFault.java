package dev.hindsight.softgpu.check;

import java.util.List;
import java.util.stream.Collectors;

/// A launch with findings. The message is the whole report.
public final class DeviceFault extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final transient List<Finding> findings;
  private final boolean completed;

  /// @param completed whether the launch went on to its end all the same
  public DeviceFault(List<Finding> findings, boolean completed) {
    super(findings.stream().map(Finding::report).collect(Collectors.joining("\n")));
    this.findings = List.copyOf(findings);
    this.completed = completed;
  }

  public boolean completed() {
    return completed;
  }

  /// At least one, in the order in which they were met.
  public List<Finding> findings() {
    return findings;
  }

  /// The finding that decides which CUDA error the program sees.
  public Finding first() {
    return findings.getFirst();
  }
}
