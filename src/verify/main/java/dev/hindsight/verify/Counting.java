package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs cases on a software GPU that was opened to count, and collects what their launches did.
public record Counting(Backend backend, Gpu gpu) {
  /// The sizes that models train with, and of ops without one the largest case; of one op, all.
  public static List<OpCase> cases(@Nullable String op) {
    List<OpCase> all = new ArrayList<>(OpCases.all());
    all.addAll(OpCases.seedSizes());
    if (op != null) {
      return Verification.named(op, all).stream().toList();
    }
    Map<String, OpCase> largest = new LinkedHashMap<>();
    for (OpCase c : OpCases.all()) {
      largest.merge(c.op(), c, (a, b) -> bytes(a) >= bytes(b) ? a : b);
    }
    List<OpCase> chosen = new ArrayList<>(OpCases.seedSizes());
    chosen.forEach(c -> largest.remove(c.op()));
    chosen.addAll(largest.values());
    return chosen;
  }

  private static long bytes(OpCase opCase) {
    return opCase.forward().work().bytes();
  }

  /// Counts both phases of each case; one that launches no kernel, such as a copy, has no row.
  public void count(List<OpCase> cases, Consumer<CountRow> rows) {
    for (OpCase any : cases) {
      OpCase opCase = any.in(backend.storage());
      try (Scope scope = backend.open("case")) {
        CaseTensors tensors = new CaseTensors(backend, scope, opCase);
        Backends.takeCounts();
        for (Phase phase : opCase.phases()) {
          phase.run(backend, tensors::get);
          backend.synchronize();
          List<KernelCounts> launches = Backends.takeCounts();
          if (!launches.isEmpty()) {
            rows.accept(new CountRow(opCase, phase, launches, backend.precision(), gpu));
          }
        }
      }
    }
  }
}
