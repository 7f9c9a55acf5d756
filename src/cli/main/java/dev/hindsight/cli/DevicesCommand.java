package dev.hindsight.cli;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.cuda.CudaProbe;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `hindsight devices`.
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {
      "Lists GPUs, the CUDA libraries that were found and where, the CPU, and what auto picks.",
      ""
    })
final class DevicesCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    CudaProbe cuda = Backends.probeCuda();
    out.println("GPUs");
    if (cuda.devices().isEmpty()) {
      out.println("  none");
    }
    for (int i = 0; i < cuda.devices().size(); i++) {
      out.println("  %d: %s".formatted(i, cuda.devices().get(i)));
    }
    out.println("driver");
    out.println("  " + cuda.driver());
    out.println("libraries");
    cuda.libraries().forEach(library -> out.println("  " + library));
    cuda.bindings().forEach(binding -> out.println("  " + binding));
    out.println("CPU");
    out.println("  " + CpuFacts.ofThisMachine());
    out.println("auto picks");
    out.println("  " + choice());
    out.flush();
    return 0;
  }

  private static String choice() {
    try {
      Backends.Choice choice = Backends.choose();
      return "%s: %s".formatted(choice.name(), choice.reason());
    } catch (BackendException e) {
      return "none: " + e.getMessage();
    }
  }
}
