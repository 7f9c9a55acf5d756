package dev.hindsight.cluster;

import dev.hindsight.error.UserException;
import java.util.ServiceLoader;

/// Opens clusters of one kind. Found where it is on the class path, see `META-INF/services`.
public interface ClusterProvider {
  /// Connects with a cluster.
  ///
  /// @throws UserException when it is not there, is too small or is set up in a way that cannot
  ///   work
  Cluster open(ClusterSpec spec);

  /// The one that is on the class path.
  ///
  /// @throws UserException when there is none
  static ClusterProvider find() {
    return ServiceLoader.load(ClusterProvider.class, ClusterProvider.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "--cluster needs hindsight-spark on the class path; start it with ./hindsight"
                        + " or spark-submit"));
  }
}
