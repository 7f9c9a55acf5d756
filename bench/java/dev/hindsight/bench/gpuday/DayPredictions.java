package dev.hindsight.bench.gpuday;

import dev.hindsight.bench.device.ChildJava;
import dev.hindsight.format.Json;
import dev.hindsight.predict.GpuRates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Predictions that another process makes while this one measures.
final class DayPredictions implements AutoCloseable {
  private final ChildJava child;
  private final Thread reader;
  private final Map<String, Object> found = new LinkedHashMap<>();

  DayPredictions(GpuRates gpu, Scale scale) {
    List<String> arguments = new ArrayList<>(List.of(gpu.name()));
    if (scale.software()) {
      arguments.add("software");
    }
    try {
      child = new ChildJava(PredictDay.class, arguments);
    } catch (IOException e) {
      throw new UncheckedIOException("gpu-day: cannot start Java for the predictions", e);
    }
    reader = Thread.ofPlatform().daemon().name("predictions").start(this::read);
  }

  private void read() {
    child
        .lines()
        .forEach(
            line -> {
              JsonNode node = Json.parse("a prediction", line);
              synchronized (found) {
                found.put(node.get("key").asString(), node);
              }
            });
  }

  /// Those that are there.
  Map<String, Object> found() {
    synchronized (found) {
      return Map.copyOf(found);
    }
  }

  /// Waits for all, but not longer.
  ///
  /// @return whether all are there
  boolean await(double seconds) throws InterruptedException {
    reader.join(Math.max(1, (long) (1000 * seconds)));
    return !reader.isAlive();
  }

  @Override
  public void close() {
    child.close();
  }
}
