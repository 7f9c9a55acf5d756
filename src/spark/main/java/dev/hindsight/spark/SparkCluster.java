package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.cluster.ClusterSpec;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.WorkerGroup;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.ShutdownHookManager;
import org.jspecify.annotations.Nullable;
import scala.runtime.BoxedUnit;

/// A Spark application whose executors are the workers.
final class SparkCluster implements Cluster {
  private static final long LOOK_MILLIS = 250;

  /// How long the end of a context is waited for.
  private static final long STOP_NANOS = 30_000_000_000L;

  /// Runs before Spark's own hook, whose threads print stack traces when a signal ends the process.
  private static final int BEFORE_SPARK = ShutdownHookManager.SPARK_CONTEXT_SHUTDOWN_PRIORITY() + 1;

  private final JavaSparkContext spark;
  private final ClusterSpec spec;
  private final Object silence =
      ShutdownHookManager.addShutdownHook(BEFORE_SPARK, SparkCluster::silence);
  private String exchange = ""; // last printed

  private SparkCluster(JavaSparkContext spark, ClusterSpec spec) {
    this.spark = spark;
    this.spec = spec;
  }

  static SparkCluster open(ClusterSpec spec) {
    SparkConf conf = Settings.of(spec);
    SparkCluster cluster = new SparkCluster(start(conf, spec.master()), spec);
    boolean whole = false;
    try {
      ExecutorJars.send(cluster.spark(), spec.master());
      cluster.requireSlots();
      whole = true;
      return cluster;
    } finally {
      if (!whole) {
        cluster.close();
      }
    }
  }

  private static JavaSparkContext start(SparkConf conf, String master) {
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) { // Scala declares no checked ones, and SparkException is one
      String why = Failures.reason(e);
      throw new UserException(
          why.startsWith(Settings.UNKNOWN_MASTER)
              ? Settings.unknown(master)
              : "--cluster %s: Spark does not start (%s); correct --cluster or --conf"
                  .formatted(master, why));
    }
  }

  private static BoxedUnit silence() {
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    return BoxedUnit.UNIT;
  }

  JavaSparkContext spark() {
    return spark;
  }

  boolean stopped() {
    return spark.sc().isStopped();
  }

  void say(String line) {
    spec.notices().accept(line);
  }

  /// The exchange that was asked for.
  ExchangeKind exchange() {
    return spec.exchange();
  }

  /// Prints how workers exchanged gradients if that has changed.
  void sayIfChanged(int workers, String used) {
    if (workers > 1 && !exchange.isEmpty() && !used.equals(exchange)) {
      exchange = used;
      say("gradients were exchanged by " + used);
    }
  }

  /// How many workers there are, as many as were asked for.
  private int world() {
    return spec.workers() > 0 ? spec.workers() : Integer.highestOneBit(Math.max(1, slots()));
  }

  private void requireSlots() {
    int known = Settings.slots(spec.master(), spark.getConf().getInt("spark.task.cpus", 1));
    int found = await(SlotWait.first(spec.workers(), known, patience()));
    if (found == 0 && stopped()) {
      throw new UserException(
          "--cluster %s: Spark could not start any executor; see the log of each worker; do they run Spark %s on JDK 25?"
              .formatted(spec.master(), Settings.VERSION));
    }
    if (found == 0) {
      throw new UserException(
          "--cluster %s: no executor registered within %d s; do workers run Spark %s on JDK 25, with free cores and %s of memory?"
              .formatted(
                  spec.master(),
                  patience(),
                  Settings.VERSION,
                  spark.getConf().get("spark.executor.memory", "1g")));
    }
    if (found < spec.workers()) {
      throw new UserException(
          "--workers %d: the cluster has %d slots; give --workers %d, or add machines"
              .formatted(spec.workers(), found, Integer.highestOneBit(found)));
    }
  }

  /// Tasks that can run at a time.
  private int slots() {
    return spark
        .sc()
        .maxNumConcurrentTasks(spark.sc().resourceProfileManager().defaultResourceProfile());
  }

  /// How many seconds executors may take to come: JVMs start slowly.
  private long patience() {
    return spark.getConf().getTimeAsSeconds(Settings.PATIENCE);
  }

  /// Waits after a loss until so many tasks can run at a time again, but not for ever.
  ///
  /// @return how many can
  int awaitSlots(int wanted) {
    return await(SlotWait.again(wanted, patience()));
  }

  private int await(SlotWait wait) {
    long began = System.nanoTime();
    long changed = began;
    int before = -1;
    while (true) {
      int now = stopped() ? 0 : slots();
      long time = System.nanoTime();
      changed = now == before ? changed : time;
      before = now;
      if (wait.ends(now, time - changed, time - began) || stopped() || !paused()) {
        return now;
      }
    }
  }

  /// Whether the wait until the next look was not interrupted.
  private static boolean paused() {
    try {
      Thread.sleep(LOOK_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public List<String> devices() {
    int count = slots();
    List<String> all =
        Failures.<List<String>>outcome(
            "listing devices", () -> SlotJob.run(spark, count, String.class, Fingerprint::devices));
    return all.stream().distinct().sorted().toList();
  }

  @Override
  public WorkerBackend agree(String backend, String precision) {
    int count = world();
    int slots = Math.max(count, slots());
    List<Fingerprint> all =
        Failures.<List<Fingerprint>>outcome(
            "opening the backend",
            () ->
                SlotJob.run(
                    spark, slots, Fingerprint.class, () -> Fingerprint.here(backend, precision)));
    Fingerprint first = all.getFirst();
    first.requireSoftware(Fingerprint.ownSoftware());
    for (Fingerprint each : all) {
      @Nullable String difference = first.difference(each);
      if (difference != null) {
        throw new UserException(difference + "; train on equal machines");
      }
    }
    String how = "";
    if (count > 1) {
      ExchangeChoice choice = ExchangeChoice.of(spec.exchange(), all);
      choice.require();
      exchange = choice.toString();
      how = "; gradients by " + choice;
    }
    return new WorkerBackend(
        first.backend(),
        first.numerics(),
        "%d worker%s on %s, each %s%s"
            .formatted(count, count == 1 ? "" : "s", spec.master(), first.description(), how));
  }

  @Override
  public WorkerGroup workers(
      RunConfig config,
      Backend holder,
      AutoregressiveModel model,
      Dataset training,
      Dataset validation,
      boolean graph) {
    int world = Math.min(world(), config.arithmetic().shards());
    return new SparkWorkerGroup(this, world, config, holder, model, training, validation, graph);
  }

  @Override
  public float[][] nll(
      RunConfig config, String backend, float[] weights, Dataset images, Pass pass) {
    Images sent = Images.send(spark, images);
    try {
      return nll(config, backend, weights, sent, images.count(), pass);
    } finally {
      sent.destroy();
    }
  }

  /// Each worker evaluates some batches; the driver adds up in the order of images.
  float[][] nll(
      RunConfig config, String backend, float[] weights, Images images, int count, Pass pass) {
    int batches = (count + pass.batch() - 1) / pass.batch();
    int parts = Math.min(batches, world());
    Broadcast<float[]> sent = spark.broadcast(weights);
    try {
      SentModel model = new SentModel(config.toJson(), backend, sent);
      float[][] nll = new float[pass.binarizations()][];
      for (int k = 0; k < nll.length; k++) {
        int binarization = k;
        nll[k] =
            Likelihood.overOrders(
                pass.orders(),
                order ->
                    joined(
                        "evaluating images",
                        IntStream.range(0, parts)
                            .mapToObj(
                                p ->
                                    new PassTask.Part(
                                        binarization,
                                        order,
                                        batches * p / parts,
                                        batches * (p + 1) / parts))
                            .map(part -> new PassTask(model, images, pass, part))
                            .toList(),
                        PassTask::run));
      }
      return nll;
    } finally {
      sent.destroy();
    }
  }

  @Override
  public float[] draw(RunConfig config, String backend, float[] weights, int count, Plan plan) {
    Broadcast<float[]> sent = spark.broadcast(weights);
    try {
      SentModel model = new SentModel(config.toJson(), backend, sent);
      int batches = (count + plan.batch() - 1) / plan.batch();
      return joined(
          "drawing images",
          IntStream.range(0, batches)
              .mapToObj(k -> new DrawTask(model, plan, (long) k * plan.batch()))
              .toList(),
          DrawTask::run);
    } finally {
      sent.destroy();
    }
  }

  /// Runs the tasks, each on one slot, and joins their results in order.
  private <T> float[] joined(String what, List<T> tasks, Function<T, float[]> run) {
    List<float[]> parts =
        Failures.<List<float[]>>outcome(
            what, () -> spark.parallelize(tasks, tasks.size()).map(run).collect());
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /// Waits for an end that is not of its making too: a context that its master gives up stops in a
  /// thread of its own, and no other can start before.
  @Override
  public void close() {
    spark.close();
    ShutdownHookManager.removeShutdownHook(silence);
    long began = System.nanoTime();
    while (SparkContext$.MODULE$.getActive().contains(spark.sc())
        && System.nanoTime() - began < STOP_NANOS
        && paused()) {
      // looks again
    }
  }
}
