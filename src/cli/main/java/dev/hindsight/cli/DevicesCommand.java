package dev.hindsight.cli;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.BackendProvider;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.GpuReport;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "devices",
    description = {"Lists GPUs, CUDA libraries and the CPU, and what auto picks.", ""})
final class DevicesCommand extends CliCommand {
  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Override
  public Integer call() {
    PrintWriter out = out();
    clusterOption.check();
    if (clusterOption.given()) {
      try (ClusterOption cluster = clusterOption) {
        cluster.open(out).devices().forEach(out::println);
      }
      return 0;
    }
    GpuReport found = Backends.gpu().look();
    out.println("GPUs");
    if (!found.usable()) {
      out.println("  none can be used: " + found.why());
    }
    for (int i = 0; i < found.gpus().size(); i++) {
      out.println("  %d: %s".formatted(i, found.gpus().get(i)));
    }
    out.println("driver");
    out.println("  " + found.driver());
    out.println("libraries");
    found.libraries().forEach(library -> out.println("  " + library));
    out.println("CPU");
    out.println("  " + CpuFacts.ofThisMachine());
    out.println("  products: " + products());
    out.println("auto picks");
    out.println("  " + choice());
    return 0;
  }

  private static String products() {
    BackendProvider cpu = Backends.provider("cpu");
    String missing = cpu.missing();
    return missing == null ? cpu.products() : missing;
  }

  private static String choice() {
    try {
      return Backends.choose().name();
    } catch (BackendException e) {
      return "none: " + e.getMessage();
    }
  }
}
