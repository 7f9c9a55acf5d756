package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.NcclReport;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.spark.TestRun.Trained;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.testing.StubNccl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Executors, each a process with a software GPU and the stub as its NCCL, come to the bits of one
/// machine.
@Tag("slow")
class NcclClusterTest {
  private static final String TWO = "local-cluster[2,1,1024]";
  private static final String ONE = "local-cluster[1,2,1024]"; // with both workers

  @TempDir private Path folder;

  private Path log() {
    return folder.resolve("left");
  }

  /// All software GPUs say that they are the same, so NCCL must be let have two workers on one.
  private Map<String, String> softwareGpus() {
    return Map.of(
        "spark.plugins",
        SoftwareGpuPlugin.class.getName(),
        "spark.executor.memory",
        "1g",
        "spark.executorEnv.LD_LIBRARY_PATH",
        folder.toString(),
        "spark.executorEnv.HINDSIGHT_STUB_LOG",
        log().toString(),
        "spark.executorEnv.HINDSIGHT_STUB_NCCL",
        "23007",
        "spark.executorEnv.NCCL_MULTI_RANK_GPU_ENABLE",
        "1");
  }

  private static TestRun run(ImageShape shape, int images, int shards) {
    return new TestRun(MadeConfig.random(shape, 24, 2, RandomKey.of(1)), images, "cuda", shards);
  }

  /// One of which is killed while it trains.
  @Test
  void twoWorkersGiveTheBitsOfOneMachine() throws Exception {
    StubNccl.build(folder);
    List<String> notices = new ArrayList<>();
    List<Long> killed = new ArrayList<>();
    TestRun whole = run(new ImageShape(5, 7), 64, 8);
    // The first of ten steps is heard of long before the last.
    TestRun run = run(ImageShape.MNIST, 160, 2);
    Map<String, String> settings = new HashMap<>(softwareGpus());
    settings.putAll(TestRun.OFTEN);
    try (Cluster cluster = TestRun.open(TWO, 2, ExchangeKind.AUTO, settings, notices)) {
      assertThat(cluster.devices())
          .hasSize(2)
          .allMatch(line -> line.contains("; NCCL 2.30.7, which lets workers share a GPU; "));
      assertThat(cluster.agree("auto", "fp32").description())
          .startsWith("2 workers on local-cluster[2,1,1024], each cuda: ")
          .endsWith("; gradients by NCCL 2.30.7");
      assertSame(whole.on(cluster, (_, _) -> {}, notices), whole.alone());
      assertThat(notices).isEmpty();
      assertThat(Files.readAllLines(log()))
          .hasSize(2)
          .anyMatch(line -> line.startsWith("rank 0 of 2 moved "))
          .anyMatch(line -> line.startsWith("rank 1 of 2 moved "));
      Trained trained =
          run.on(
              cluster,
              (_, _) -> {
                if (killed.isEmpty()) {
                  ProcessHandle executor = SparkClusterTest.anExecutor();
                  killed.add(executor.pid());
                  executor.destroyForcibly();
                }
              },
              notices);
      assertSame(trained, run.alone());
    }
    assertThat(notices)
        .anyMatch(line -> line.startsWith("a worker was lost ("))
        .anyMatch(line -> line.startsWith("resuming at step 0 of epoch 1 with "));
  }

  private static void assertSame(Trained trained, Trained alone) {
    assertThat(trained.weights()).isEqualTo(alone.weights());
    assertThat(trained.nats()).isEqualTo(alone.nats());
  }

  /// The driver has no GPU.
  @Test
  void compareTakesTheGpusThatItFinds() throws Exception {
    StubNccl.build(folder);
    Path data = IdxBytes.folder(folder.resolve("data"), new ImageShape(5, 7), 16, 4);
    String line = "compare --models=made --validation=0 --epochs=1 --batch=16 --shards=2";
    String more = " --data=%s --out=%s --cluster=%s".formatted(data, folder.resolve("out"), ONE);
    assertThat(Command.printed(line + more + TestRun.conf(softwareGpus())))
        .contains("; 2 workers on local-cluster[1,2,1024], each cuda: ")
        .contains("; gradients by NCCL 2.30.7");
    assertThat(Files.readString(folder.resolve("out/made/config.json")))
        .containsPattern("\"backend\" ?: ?\"cuda\"");
  }

  @Test
  void whatIsMissingIsToldBeforeAnythingIsTrained() {
    assumeFalse(!NcclReport.of("").version().isEmpty(), "this machine has NCCL");
    Backends.openSoftwareGpu().close(); // the executor is this process
    try (Cluster cluster =
        TestRun.open("local[2]", 2, ExchangeKind.NCCL, Map.of(), new ArrayList<>())) {
      assertThatThrownBy(() -> cluster.agree("cuda", "fp32"))
          .isInstanceOf(UserException.class)
          .message()
          .matches("executor driver on \\S+ has no NCCL: wanted libnccl.so.2, got: .*")
          .endsWith("; or give --exchange tcp");
    }
  }
}
