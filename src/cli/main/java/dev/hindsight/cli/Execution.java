package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.Cluster;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/// Where a command computes: on a backend of this machine, or on a cluster.
///
/// @param holder the backend of this machine; on a cluster it but holds the model
/// @param backend that computes, by name
/// @param precision by label
/// @param numerics see [Backend#numerics]
/// @param description one line for people
/// @param cluster null where this machine does the work
record Execution(
    Backend holder,
    String backend,
    String precision,
    String numerics,
    String description,
    @Nullable Cluster cluster)
    implements AutoCloseable {
  static final String HOLDER = "cpu";

  static Execution open(BackendOption option, ClusterOption clusterOption, PrintWriter notices) {
    if (!clusterOption.given()) {
      Backend here = option.open(notices);
      return new Execution(
          here, here.name(), here.precision().label(), here.numerics(), here.describe(), null);
    }
    Cluster cluster = clusterOption.open(notices);
    String precision = option.precision().label();
    Cluster.WorkerBackend workers = cluster.agree(option.nameForCluster(), precision);
    return new Execution(
        Backends.open(HOLDER),
        workers.backend(),
        precision,
        workers.numerics(),
        workers.description(),
        cluster);
  }

  @Override
  public void close() {
    holder.close();
  }
}
