package dev.hindsight.bench.gpuday;

import dev.hindsight.cli.CommandLines;

/// `hindsight gpu-day`.
public final class GpuDayMain {
  private GpuDayMain() {}

  public static void main(String[] args) {
    CommandLines.main(GpuDayCommand::new, args);
  }
}
