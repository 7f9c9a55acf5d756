package dev.hindsight.spark;

import dev.hindsight.cli.CommandLines;
import dev.hindsight.error.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.master.Master$;
import org.apache.spark.deploy.master.MasterArguments;
import org.apache.spark.deploy.worker.Worker$;
import org.apache.spark.deploy.worker.WorkerArguments;
import org.apache.spark.rpc.RpcEnv;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hindsight spark master` and `hindsight spark worker`: Spark's own, open only to holders of the
/// secret. The launcher prints the help, before anything is built.
@Command(name = "hindsight spark")
public final class Daemon {
  /// Who may run code on the cluster: those with the secret, or anyone.
  static final class Access {
    @Option(names = "--secret", paramLabel = "FILE")
    private @Nullable Path secret;

    @Option(names = "--insecure-anyone-can-run-code")
    private boolean anybody;

    Path file() {
      return secret == null ? Secret.usual() : secret;
    }

    boolean anybody() {
      if (anybody && secret != null) {
        throw new UserException(
            "--secret and --insecure-anyone-can-run-code exclude each other; leave out one");
      }
      return anybody;
    }
  }

  private Daemon() {}

  public static void main(String[] args) {
    CommandLines.main(Daemon::new, args);
  }

  @Command(name = "master")
  void master(
      @Mixin Access access,
      @Option(names = "--host", defaultValue = Settings.LOOPBACK) String host,
      @Option(names = "--port", defaultValue = "7077") int port) {
    SparkConf conf = new LoopbackPages();
    if (!access.anybody()) {
      Path file = access.file();
      Secret.guard(conf, Secret.made(file));
      System.err.println("hindsight: who knows the secret in " + file + " can run code as you");
    }
    String[] words = {"--host", host, "--port", "" + port, "--webui-port", "0"};
    serve(
        () -> {
          MasterArguments all = new MasterArguments(words, conf);
          return Master$.MODULE$
              .startRpcEnvAndEndpoint(all.host(), all.port(), all.webUiPort(), conf)
              ._1();
        });
  }

  @Command(name = "worker")
  void worker(
      @Mixin Access access,
      @Option(names = "--host", defaultValue = Settings.LOOPBACK) String host,
      @Option(names = "--port", defaultValue = "0") int port,
      @Option(names = "--cores") @Nullable Integer cores,
      @Option(names = "--memory") @Nullable String memory,
      @Parameters(paramLabel = "MASTER") String master) {
    SparkConf conf = new LoopbackPages();
    if (!access.anybody()) {
      Secret.guard(conf, Secret.read(access.file()));
    }
    Handshake.require(Handshake.answering(master), conf);
    List<String> words = new ArrayList<>(List.of("--host", host, "--port", "" + port));
    words.addAll(List.of("--webui-port", "0"));
    if (cores != null) {
      words.addAll(List.of("--cores", "" + cores));
    }
    if (memory != null) {
      words.addAll(List.of("--memory", memory));
    }
    words.add(master);
    serve(
        () -> {
          WorkerArguments all = new WorkerArguments(words.toArray(String[]::new), conf);
          return Worker$.MODULE$.startRpcEnvAndEndpoint(
              all.host(),
              all.port(),
              all.webUiPort(),
              all.cores(),
              all.memory(),
              all.masters(),
              all.workDir(),
              scala.Option.empty(),
              conf,
              conf.getOption("spark.worker.resourcesFile"));
        });
  }

  private static void serve(Supplier<RpcEnv> started) {
    RpcEnv env;
    try {
      env = started.get();
    } catch (Exception e) { // Scala declares no checked ones
      throw new UserException(
          "Spark does not start (%s); correct the options".formatted(Failures.reason(e)));
    }
    env.awaitTermination();
  }
}
