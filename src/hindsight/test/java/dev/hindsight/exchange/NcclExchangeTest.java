package dev.hindsight.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.exchange.NcclWorkers.Sums;
import dev.hindsight.testing.ChildJvm;
import dev.hindsight.testing.StubNccl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The real exchange and the kernels that ship, on the software GPU; NCCL is a stub that moves
/// bytes between threads or processes.
class NcclExchangeTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @AutoClose("shutdownNow")
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  @TempDir private static Path folder;
  private static StubNccl stub;

  @BeforeAll
  static void load() throws Exception {
    stub = StubNccl.load(StubNccl.build(folder));
  }

  @AfterEach
  void nothingFails() {
    stub.fail("");
  }

  /// What the law of the shards makes of all workers' gradients.
  private static float[] tree(int world, int round) {
    float[][] parts = new float[world][];
    for (int rank = 0; rank < world; rank++) {
      parts[rank] = NcclWorkers.values(rank, round);
    }
    Shards.sum(parts);
    return parts[0];
  }

  /// All but the first worker, each in a thread.
  private static List<Future<Sums>> others(NcclWorkers workers, int rounds) {
    List<Future<Sums>> others = new ArrayList<>();
    for (int rank = 1; rank < workers.servers().size(); rank++) {
      int own = rank;
      others.add(
          THREADS.submit(
              () -> {
                try (Backend backend = Backends.openSoftwareGpu();
                    Exchange exchange = workers.connect(backend, own)) {
                  Sums last = null;
                  for (int round = 0; round < rounds; round++) {
                    last = NcclWorkers.sum(backend, exchange, round);
                  }
                  return last;
                }
              }));
    }
    return others;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void givesEveryWorkerTheTreesSum(int world) throws Exception {
    int findings = Backends.softwareFindings();
    try (NcclWorkers workers = NcclWorkers.listen(world, LONG);
        Backend backend = Backends.openSoftwareGpu()) {
      List<Future<Sums>> others = others(workers, 2);
      Sums first;
      try (Exchange exchange = workers.connect(backend, 0)) {
        assertThat(NcclWorkers.sum(backend, exchange, 0).gradient()).isEqualTo(tree(world, 0));
        long reserved = backend.reservedBytes();
        first = NcclWorkers.sum(backend, exchange, 1);
        assertThat(backend.reservedBytes()).isEqualTo(reserved);
      }
      assertThat(first.gradient()).isEqualTo(tree(world, 1));
      float[] losses = new float[NcclWorkers.IMAGES];
      for (int k = 0; k < losses.length; k++) {
        int rank = k * world / losses.length;
        losses[k] = rank + 0.25f;
      }
      assertThat(first.nll()).isEqualTo(losses);
      for (Future<Sums> other : others) {
        assertThat(other.get().gradient()).isEqualTo(first.gradient());
        assertThat(other.get().nll()).isEqualTo(losses);
      }
    }
    assertThat(Backends.softwareFindings()).isEqualTo(findings);
  }

  /// As the weights of a tiny model may be as many as the images of a batch.
  @Test
  void aGradientAsLongAsTheLossesIsKeptApartFromThem() throws Exception {
    int elements = NcclWorkers.IMAGES;
    try (NcclWorkers workers = NcclWorkers.listen(2, LONG);
        Backend backend = Backends.openSoftwareGpu();
        Backend second = Backends.openSoftwareGpu()) {
      Future<Sums> other =
          THREADS.submit(
              () -> {
                try (Exchange exchange = workers.connect(second, 1)) {
                  return NcclWorkers.sum(second, exchange, 0, elements);
                }
              });
      Sums first;
      try (Exchange exchange = workers.connect(backend, 0)) {
        first = NcclWorkers.sum(backend, exchange, 0, elements);
      }
      assertThat(first.gradient()).isEqualTo(Arrays.copyOf(tree(2, 0), elements));
      assertThat(first.nll())
          .containsExactly(0.25f, 0.25f, 0.25f, 0.25f, 1.25f, 1.25f, 1.25f, 1.25f);
      assertThat(other.get().gradient()).isEqualTo(first.gradient());
      assertThat(other.get().nll()).isEqualTo(first.nll());
    }
  }

  private static Future<ChildJvm> second(NcclWorkers workers, int rounds, String end)
      throws Exception {
    List<String> arguments =
        List.of(
            "" + workers.addresses().getFirst().getPort(),
            HexFormat.of().formatHex(workers.uniqueId()),
            "" + rounds,
            end);
    return THREADS.submit(
        () ->
            ChildJvm.run(
                List.of(
                    "-XX:+UseG1GC",
                    "-XX:TieredStopAtLevel=1",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--add-modules=jdk.incubator.vector"),
                ChildJvm.classPath(_ -> true),
                NcclWorkers.Second.class,
                Map.of("LD_LIBRARY_PATH", folder.toString()),
                arguments));
  }

  @Test
  @Tag("slow")
  void processesComeToTheSameBits() throws Exception {
    try (NcclWorkers workers = NcclWorkers.listen(2, LONG);
        Backend backend = Backends.openSoftwareGpu()) {
      Future<ChildJvm> second = second(workers, 1, "leave");
      float[] sum;
      try (Exchange exchange = workers.connect(backend, 0)) {
        sum = NcclWorkers.sum(backend, exchange, 0).gradient();
      }
      assertThat(sum).isEqualTo(tree(2, 0));
      ChildJvm child = second.get();
      assertThat(child.exit()).as("%s", child.err()).isZero();
      assertThat(child.out()).containsExactly(NcclWorkers.Second.bits(sum));
    }
  }

  /// NCCL says nothing; its connection does.
  @Test
  @Tag("slow")
  void aProcessThatDiesIsMissed() throws Exception {
    try (NcclWorkers workers = NcclWorkers.listen(2, LONG);
        Backend backend = Backends.openSoftwareGpu()) {
      Future<ChildJvm> second = second(workers, 1, "die");
      try (Exchange exchange = workers.connect(backend, 0)) {
        NcclWorkers.sum(backend, exchange, 0);
        assertThatThrownBy(() -> NcclWorkers.sum(backend, exchange, 1))
            .isInstanceOf(ExchangeException.class)
            .hasMessageStartingWith("worker 1 at 127.0.0.1:")
            .hasMessageContaining(" is gone");
        assertThatThrownBy(() -> NcclWorkers.sum(backend, exchange, 2))
            .isInstanceOf(ExchangeException.class)
            .hasMessage("worker 0 has left the exchange");
      }
      assertThat(second.get().exit()).isEqualTo(9);
    }
  }

  @Test
  void aWorkerThatLeavesEarlyIsMissed() throws Exception {
    try (NcclWorkers workers = NcclWorkers.listen(2, LONG);
        Backend backend = Backends.openSoftwareGpu()) {
      List<Future<Sums>> other = others(workers, 1);
      try (Exchange exchange = workers.connect(backend, 0)) {
        NcclWorkers.sum(backend, exchange, 0);
        other.getFirst().get();
        assertThatThrownBy(() -> NcclWorkers.sum(backend, exchange, 1))
            .isInstanceOf(ExchangeException.class)
            .hasMessageStartingWith("worker 1 at 127.0.0.1:")
            .hasMessageEndingWith(" has left after 1 exchanges; this is exchange 2");
      }
    }
  }

  @Test
  void aWorkerThatIsSilentIsNotWaitedForForEver() throws Exception {
    try (NcclWorkers workers = NcclWorkers.listen(2, Duration.ofSeconds(5));
        Backend backend = Backends.openSoftwareGpu();
        Backend silent = Backends.openSoftwareGpu()) {
      Future<NcclExchange> other = THREADS.submit(() -> workers.connect(silent, 1));
      try (Exchange exchange = workers.connect(backend, 0);
          Exchange _ = other.get()) {
        assertThatThrownBy(() -> NcclWorkers.sum(backend, exchange, 0))
            .isInstanceOf(ExchangeException.class)
            .hasMessageStartingWith("no answer for 5.0 s from worker 1 at 127.0.0.1:");
      }
    }
  }

  @Test
  void aWorkerThatIsToldToStopStops() throws Exception {
    try (NcclWorkers workers = NcclWorkers.listen(2, LONG);
        Backend backend = Backends.openSoftwareGpu();
        Backend silent = Backends.openSoftwareGpu()) {
      Future<NcclExchange> other = THREADS.submit(() -> workers.connect(silent, 1));
      try (Exchange exchange = workers.connect(backend, 0);
          Exchange _ = other.get()) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> NcclWorkers.sum(backend, exchange, 0))
            .isInstanceOf(ExchangeException.class)
            .hasMessage("worker 0 was interrupted");
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  /// The thread is fit for another exchange afterwards.
  @ParameterizedTest
  @CsvSource({
    "ncclGroupStart, ncclGroupStart",
    "ncclSend, ncclSend",
    "ncclRecv, ncclRecv",
    "ncclGroupEnd, ncclGroupEnd",
    "messages, the messages of a step"
  })
  void whatNcclSaysIsOneLine(String function, String what) throws Exception {
    try (Backend backend = Backends.openSoftwareGpu()) {
      try (NcclWorkers workers = NcclWorkers.listen(2, LONG)) {
        List<Future<Sums>> other = others(workers, 1);
        Throwable said;
        try (Exchange exchange = workers.connect(backend, 0)) {
          stub.fail(function);
          said = catchThrowable(() -> NcclWorkers.sum(backend, exchange, 0));
        }
        Throwable saidThere = catchThrowable(other.getFirst()::get).getCause();
        assertThat(List.of(said, saidThere)) // one may see the other leave before its own failure
            .allSatisfy(e -> assertThat(e).isInstanceOf(ExchangeException.class))
            .anySatisfy(
                e ->
                    assertThat(e)
                        .message()
                        .startsWith(
                            "NCCL: wanted %s to succeed, got ncclSystemError (2): unhandled system error (of the stub)"
                                .formatted(what)));
      }
      stub.fail("");
      try (NcclWorkers workers = NcclWorkers.listen(2, LONG)) {
        others(workers, 1);
        try (Exchange exchange = workers.connect(backend, 0)) {
          assertThat(NcclWorkers.sum(backend, exchange, 0).gradient()).isEqualTo(tree(2, 0));
        }
      }
    }
  }

  @Test
  void itsLastErrorIsTold() throws Exception {
    stub.fail("ncclGetUniqueId");
    assertThatThrownBy(NcclExchange::uniqueId)
        .isInstanceOf(ExchangeException.class)
        .hasMessage(
            "NCCL: wanted ncclGetUniqueId to succeed, got ncclSystemError (2): unhandled system"
                + " error (of the stub); the stub was told to fail in ncclGetUniqueId");
  }

  @Test
  void aCommunicatorThatCannotBeMadeIsOneLine() throws Exception {
    try (Backend backend = Backends.openSoftwareGpu();
        NcclWorkers workers = NcclWorkers.listen(1, LONG)) {
      stub.fail("ncclCommInitRankConfig");
      assertThatThrownBy(() -> workers.connect(backend, 0))
          .isInstanceOf(ExchangeException.class)
          .hasMessageStartingWith("NCCL: wanted ncclCommInitRankConfig to succeed, got ");
      stub.fail("");
      workers.uniqueId()[NcclWorkers.IMAGES * 15]++; // a byte near the end
      assertThatThrownBy(() -> workers.connect(backend, 0))
          .hasMessageContaining("got ncclInvalidArgument (4): ");
    }
  }
}
