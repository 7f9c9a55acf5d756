package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.cluster.Cluster;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.NcclReport;
import dev.hindsight.spark.TestRun.Trained;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparkClusterTest {
  private static final NcclReport NCCL = new NcclReport("", "", "", false);

  /// With an average of the weights, which moves at step 8.
  @Test
  @Tag("slow")
  void twoWorkersGiveTheBitsOfOneMachine() {
    TestRun run = new TestRun(128, 2, 0.9f);
    Trained alone = run.alone();
    Trained two = run.on("local[2]", 2, Map.of(), (_, _) -> {});
    assertThat(two.weights()).isEqualTo(alone.weights());
    assertThat(two.average()).isEqualTo(alone.average()).hasSameSizeAs(alone.weights());
    assertThat(two.nats()).isEqualTo(alone.nats());
    assertThat(two.last()).isEqualTo(alone.last());
    assertThat(two.notices()).isEmpty();
  }

  /// Those of a local cluster are this process's children. Their class path is so long that the
  /// system does not tell the class behind it.
  static ProcessHandle anExecutor() {
    return ProcessHandle.current()
        .descendants()
        .filter(child -> child.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElseThrow();
  }

  /// Spark gives up when it could not start ten. One that starts and dies counts from one again.
  @Test
  @Tag("slow")
  void executorsThatCannotBeStartedAreToldAsSuch() {
    var settings = Map.of("spark.executorEnv.JAVA_HOME", "/no/such/jdk");
    assertThatThrownBy(
            () -> TestRun.open("local-cluster[1,1,512]", 1, settings, new ArrayList<>()).close())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Spark could not start any executor");
    TestRun.open("local[1]", 1, new ArrayList<>()).close(); // at once: nothing of it is left
  }

  @Test
  void workersThatRoundOtherwiseAreTold() {
    var a =
        new Fingerprint(
            "executor 0 on a", "cpu", "AVX-512", "", "", "Java 25", "Spark 4.2.0", NCCL);
    var b =
        new Fingerprint("executor 1 on b", "cpu", "AVX2", "", "", "Java 25", "Spark 4.2.0", NCCL);
    assertThat(a.difference(b))
        .isEqualTo(
            "executor 0 on a has AVX-512 but executor 1 on b has AVX2, which may round differently"
                + " (numerics)");
    assertThat(a.difference(a)).isNull();
  }

  @Test
  void aClusterOfAnotherVersionIsToldBoth() {
    var a =
        new Fingerprint("executor 0 on a", "cpu", "AVX2", "", "", "Java 25", "Spark 4.2.1", NCCL);
    assertThatThrownBy(() -> a.requireSoftware("Spark 4.2.0"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "executor 0 on a has Spark 4.2.1 but the driver has Spark 4.2.0; use the same on both");
  }

  @Test
  void aFailureIsOneLine() {
    assertThat(
            Failures.reason(
                new IllegalStateException(
                    "Job aborted due to stage failure: Could not recover from a failed barrier"
                        + " ResultStage. ExecutorLostFailure (executor 1 exited caused by one of"
                        + " the running tasks) Reason: Command exited with code 137\nmore")))
        .isEqualTo("executor 1 is lost");
    assertThat(
            Failures.reason(
                new IllegalStateException("ExchangeException: worker 1 at a:1 is gone\nat y")))
        .isEqualTo("worker 1 at a:1 is gone");
  }

  /// One executor with two GPUs, as a discovery script tells.
  @Test
  @Tag("slow")
  void eachWorkerHasAGpuOfItsOwn(@TempDir Path temp) throws IOException {
    Path script = temp.resolve("gpus.sh");
    Files.writeString(script, "#!/bin/sh\necho '{\"name\":\"gpu\",\"addresses\":[\"4\",\"7\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    var settings =
        Map.of(
            "spark.worker.resource.gpu.amount", "2",
            "spark.worker.resource.gpu.discoveryScript", script.toString(),
            "spark.executor.resource.gpu.amount", "2",
            "spark.task.resource.gpu.amount", "1");
    try (Cluster cluster = TestRun.open("local-cluster[1,2,512]", 2, settings, new ArrayList<>())) {
      assertThat(cluster.devices())
          .hasSize(2)
          .anyMatch(line -> line.contains("of which a worker gets GPU 4"))
          .anyMatch(line -> line.contains("of which a worker gets GPU 7"));
    }
    assertThatThrownBy(() -> AssignedGpu.number("GPU-3e1c"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("wanted a number from 0");
  }

  @Test
  void executorsAreSentWhatTheirClassPathLacks(@TempDir Path classes) {
    String jar = "/m2/hindsight-0.1.0.jar";
    String drivers = "%s:%s:/m2/scala-library.jar:/m2/picocli-4.7.7.jar".formatted(classes, jar);
    Path picocli = Path.of("/m2/picocli-4.7.7.jar");
    assertThat(ExecutorJars.lacking(drivers, "")).containsExactly(classes, Path.of(jar), picocli);
    assertThat(ExecutorJars.lacking(drivers, jar + ":" + classes)).containsExactly(picocli);
  }

  @Test
  void devicesAreListed() {
    try (Cluster cluster = TestRun.open("local[2]", 2, new ArrayList<>())) {
      assertThat(cluster.devices())
          .singleElement()
          .asString()
          .startsWith("executor driver on 127.0.0.1: ")
          .endsWith("Java " + Runtime.version().feature());
    }
  }
}
