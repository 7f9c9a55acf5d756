package dev.hindsight.bench.device;

import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.format.Json;
import dev.hindsight.predict.CasePrediction;
import dev.hindsight.predict.GpuRates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The predictions of cases, made by another process while this one measures.
final class CasePredictions implements AutoCloseable {
  private final @Nullable ChildJava child;
  private final Iterator<String> lines;
  private final Map<String, CasePrediction> found = new HashMap<>();
  private final Consumer<String> notices;
  private boolean told;

  /// @param gpu null for no predictions
  /// @param notices takes a line where they fail
  CasePredictions(
      @Nullable GpuRates gpu, Precision precision, List<OpCase> cases, Consumer<String> notices) {
    this.notices = notices;
    if (gpu == null) {
      child = null;
      lines = List.<String>of().iterator();
      return;
    }
    List<String> arguments = new ArrayList<>(List.of(gpu.name(), precision.label()));
    cases.forEach(opCase -> arguments.add(opCase.toString()));
    try {
      child = new ChildJava(PredictCases.class, arguments);
      lines = child.lines().iterator();
    } catch (IOException e) {
      throw new UncheckedIOException("bench: cannot start Java for the predictions", e);
    }
  }

  /// Microseconds of a call among so many; waits for it. Null where there is none.
  @Nullable Double microseconds(OpCase opCase, String phase, int calls) {
    String wanted = key(opCase.toString(), phase);
    while (!found.containsKey(wanted) && lines.hasNext()) {
      CasePrediction next = read(lines.next());
      found.put(key(next.opCase(), next.phase()), next);
    }
    CasePrediction prediction = found.get(wanted);
    if (prediction == null) {
      tellWhy();
      return null;
    }
    return prediction.microseconds(calls);
  }

  private static String key(String opCase, String phase) {
    return opCase + " " + phase;
  }

  private static CasePrediction read(String line) {
    JsonNode node = Json.parse("a prediction", line);
    return new CasePrediction(
        node.get("opCase").asString(),
        node.get("phase").asString(),
        node.get("firstMicroseconds").asDouble(),
        node.get("nextMicroseconds").asDouble(),
        node.get("limit").asString());
  }

  private void tellWhy() {
    if (child == null || told) {
      return;
    }
    told = true;
    try {
      notices.accept("no prediction: " + child.complaint());
    } catch (IOException e) {
      notices.accept("no prediction: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (child != null) {
      child.close();
    }
  }
}
