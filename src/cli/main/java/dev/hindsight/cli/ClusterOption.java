package dev.hindsight.cli;

import dev.hindsight.cluster.Cluster;
import dev.hindsight.cluster.ClusterProvider;
import dev.hindsight.cluster.ClusterSpec;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.Shards;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--cluster`, `--workers`, `--exchange`, `--secret` and `--conf`.
final class ClusterOption implements AutoCloseable {
  @Option(
      names = "--cluster",
      paramLabel = "MASTER",
      description =
          "Run on a Spark cluster: spark://HOST:7077, local[2], "
              + "local-cluster[2,1,1024], yarn, k8s://… Default: this machine.")
  private @Nullable String master;

  @Option(
      names = "--workers",
      paramLabel = "W",
      description =
          "Number of workers (slots of executors), a power of two. Any number gives "
              + "the same bits. Default: all.")
  private @Nullable Integer workers;

  @Option(
      names = "--exchange",
      paramLabel = "HOW",
      description =
          "How workers send gradients to each other: tcp, nccl (from GPU to GPU) or "
              + "auto (nccl if all workers have it). All give the same bits. Default: auto.")
  private @Nullable ExchangeKind exchange;

  @Option(
      names = "--secret",
      paramLabel = "FILE",
      description =
          "The secret of a spark:// cluster. Default: the file that ./hindsight spark master"
              + " makes.")
  private @Nullable Path secret;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A Spark setting, such as spark.executor.memory=4g. Repeatable.")
  private Map<String, String> settings = new LinkedHashMap<>();

  private @Nullable Cluster open;

  /// Whether a cluster does the work.
  boolean given() {
    return master != null;
  }

  /// Fails, before anything is opened, where the options cannot go together.
  ///
  /// @param shards into how many a batch is cut
  void check(int shards) {
    check();
    if (master != null && workers != null) {
      new Shards(shards).requireWorkers(workers);
    }
  }

  /// The same where nothing is trained, so that no batch is cut.
  void check() {
    if (master == null) {
      refuse(workers != null, "--workers");
      refuse(exchange != null, "--exchange");
      refuse(secret != null, "--secret");
      refuse(!settings.isEmpty(), "--conf");
      return;
    }
    if (workers != null) {
      Shards.requirePowerOfTwo(workers);
    }
    for (String key : settings.keySet()) {
      if (!key.startsWith("spark.")) {
        throw new UserException(
            "--conf %s: Spark settings start with 'spark.'; correct it".formatted(key));
      }
    }
  }

  private static void refuse(boolean given, String option) {
    if (given) {
      throw new UserException(option + " needs --cluster; add that, or leave it out");
    }
  }

  /// The cluster, which is opened once.
  Cluster open(PrintWriter notices) {
    if (master == null) {
      throw new IllegalStateException("no cluster was asked for");
    }
    if (open == null) {
      var spec =
          new ClusterSpec(
              master,
              workers == null ? 0 : workers,
              exchange == null ? ExchangeKind.AUTO : exchange,
              secret,
              settings,
              notices::println);
      open = ClusterProvider.find().open(spec);
    }
    return open;
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
