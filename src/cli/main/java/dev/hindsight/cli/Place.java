package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.Cluster;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/// Where the work of a command is done: by a backend of this machine, or on a cluster.
///
/// @param holder the backend of this machine; on a cluster it but holds the model
/// @param backend by name, of who does the work
/// @param precision by label
/// @param numerics see [Backend#numerics]
/// @param description one line for people
/// @param cluster null where this machine does the work
record Place(
    Backend holder,
    String backend,
    String precision,
    String numerics,
    String description,
    @Nullable Cluster cluster)
    implements AutoCloseable {
  static final String HOLDER = "cpu";

  static Place open(BackendOption option, ClusterOption clusterOption, PrintWriter notices) {
    if (!clusterOption.given()) {
      Backend here = option.open(notices);
      return new Place(
          here, here.name(), here.precision().label(), here.numerics(), here.describe(), null);
    }
    Cluster cluster = clusterOption.open(notices);
    String precision = option.precision().label();
    Cluster.Site site = cluster.agree(option.nameForCluster(), precision);
    return new Place(
        Backends.open(HOLDER),
        site.backend(),
        precision,
        site.numerics(),
        site.description(),
        cluster);
  }

  @Override
  public void close() {
    holder.close();
  }
}
