package dev.hindsight.cluster;

import dev.hindsight.exchange.ExchangeKind;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Which cluster, and how much of it.
///
/// @param master as the cluster's software names one: `spark://host:7077`
/// @param workers how many machines train together; 0 = as many as there are
/// @param exchange how workers exchange gradients
/// @param secret file of what its machines know of each other; null = where the cluster's software
///   looks for it
/// @param settings of the cluster's software, by their keys
/// @param notices takes a line for people at a time
public record ClusterSpec(
    String master,
    int workers,
    ExchangeKind exchange,
    @Nullable Path secret,
    Map<String, String> settings,
    Consumer<String> notices) {
  public ClusterSpec {
    settings = Map.copyOf(settings);
  }
}
