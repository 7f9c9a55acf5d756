package dev.hindsight.bench.device;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.predict.CasePrediction;
import dev.hindsight.predict.GpuRates;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Prints the prediction of cases, a line of JSON for each phase: `PredictCases GPU PRECISION
/// CASE...`.
public final class PredictCases {
  private PredictCases() {}

  public static void main(String[] args) {
    Set<String> wanted = new HashSet<>(List.of(args));
    List<OpCase> cases =
        Stream.concat(OpCases.seedSizes().stream(), OpCases.all().stream())
            .filter(opCase -> wanted.contains(opCase.toString()))
            .toList();
    try {
      CasePrediction.each(
          cases,
          Precision.of(args[1]),
          GpuRates.named(args[0]),
          found -> {
            System.out.println(Json.line(found));
            System.out.flush();
          });
    } catch (UserException | BackendException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
