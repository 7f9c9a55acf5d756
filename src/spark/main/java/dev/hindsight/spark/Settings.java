package dev.hindsight.spark;

import dev.hindsight.cluster.ClusterSpec;
import dev.hindsight.error.UserException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils$;

/// The configuration of Spark. What cannot work is refused before Spark starts, which would wait or
/// print a hundred lines.
final class Settings {
  /// The version that this module is built with; another one on the cluster cannot read its tasks.
  static final String VERSION = "4.2.0";

  /// How long executors may take to come.
  static final String PATIENCE = "spark.scheduler.maxRegisteredResourcesWaitingTime";

  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d{1,4})\\s*,\\s*(\\d{1,4})\\s*,.*");

  /// Where what no other machine needs listens.
  static final String LOOPBACK = "127.0.0.1";

  private static final String EXECUTOR_FLAGS =
      "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
          + " --add-modules jdk.incubator.vector -XX:+UseG1GC";

  /// Defaults of ours; `--conf` overrides them.
  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("spark.ui.enabled", "false"),
          Map.entry("spark.ui.showConsoleProgress", "false"),
          Map.entry("spark.executor.extraJavaOptions", EXECUTOR_FLAGS),
          // Looks every 15 s whether a barrier's tasks fit; people wait for it.
          Map.entry("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s"),
          Map.entry("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "3"),
          // Heartbeats carry the progress. One that hangs is missed after a minute.
          Map.entry("spark.executor.heartbeatInterval", "1s"),
          Map.entry("spark.network.timeout", "60s"),
          Map.entry("spark.network.timeoutInterval", "5s"),
          // The weights and moments of one worker come back at once.
          Map.entry("spark.driver.maxResultSize", "0"));

  private Settings() {}

  /// @throws UserException when a cluster set up like this cannot train
  static SparkConf of(ClusterSpec spec) {
    String running = org.apache.spark.package$.MODULE$.SPARK_VERSION();
    if (!running.equals(VERSION)) {
      throw new UserException(
          "this is Spark %s but Hindsight is built for %s; use that version, here and on the cluster"
              .formatted(running, VERSION));
    }
    String master = spec.master();
    boolean local = master.startsWith("local");
    SparkConf conf = local ? new LoopbackPages() : new SparkConf();
    conf.setAppName("hindsight").setMaster(master);
    DEFAULTS.forEach(conf::setIfMissing);
    if (local || master.startsWith("spark://" + LOOPBACK)) {
      conf.setIfMissing("spark.driver.host", LOOPBACK);
    }
    // Those of a local cluster are sure to come, however busy the machine is.
    conf.setIfMissing(PATIENCE, master.startsWith("local-cluster") ? "5m" : "40s");
    spec.settings().forEach(conf::set);
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw new UserException(
          "spark.dynamicAllocation.enabled is on, but workers must start together;"
              + " set it to false with --conf");
    }
    if (local) {
      Secret.guard(conf, Secret.random());
      Utils$.MODULE$.setCustomHostname(LOOPBACK); // of a local cluster's master and workers
    } else if (Handshake.isStandalone(master)) {
      String answering = Handshake.answering(master);
      if (!conf.contains("spark.authenticate")) {
        Path file = spec.secret();
        Secret.guard(conf, Secret.read(file == null ? Secret.usual() : file));
      }
      Handshake.require(answering, conf);
    }
    if (master.startsWith("local-cluster")) {
      conf.setIfMissing("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    }
    return conf;
  }

  /// How Spark's message about an unknown kind of cluster starts.
  static final String UNKNOWN_MASTER = "Could not parse Master URL";

  /// Our message instead.
  static String unknown(String master) {
    return master.startsWith("yarn") || master.startsWith("k8s://")
        ? "--cluster %s: needs the jars of a full Spark; start it with spark-submit, see docs/cluster.md"
            .formatted(master)
        : "--cluster %s: unknown kind of cluster; wanted spark://HOST:PORT, local[N], local-cluster[EXECUTORS,CORES,MB], yarn or k8s://…"
            .formatted(master);
  }

  /// For how many tasks at a time such a cluster has room, where its name tells; else as many as
  /// come.
  ///
  /// @param cores that a task takes
  static int slots(String master, int cores) {
    Matcher local = LOCAL_CLUSTER.matcher(master);
    if (local.matches()) {
      return Integer.parseInt(local.group(1)) * (Integer.parseInt(local.group(2)) / cores);
    }
    return master.startsWith("local") ? 1 : Integer.MAX_VALUE;
  }
}
