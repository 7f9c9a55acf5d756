package dev.hindsight.spark;

import dev.hindsight.cluster.Cluster;
import dev.hindsight.cluster.ClusterProvider;
import dev.hindsight.cluster.ClusterSpec;

/// Finds Spark clusters.
public final class SparkClusterProvider implements ClusterProvider {
  @Override
  public Cluster open(ClusterSpec spec) {
    return SparkCluster.open(spec);
  }
}
