package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.NcclReport;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What workers exchange by follows from what was asked for and from what they have.
class ExchangeChoiceTest {
  private static final String WANTED = "wanted libnccl.so.2, got: nothing; install libnccl2";

  private static Fingerprint worker(int number, String backend, NcclReport nccl) {
    return new Fingerprint(
        "executor %d on host".formatted(number), backend, "", "", "", "Java 25", "Spark", nccl);
  }

  /// Each on a GPU of its own.
  private static Fingerprint nccl(int number, String version) {
    return worker(number, "cuda", new NcclReport("gpu " + number, version, WANTED, false));
  }

  private static Fingerprint cpu(int number) {
    return worker(number, "cpu", new NcclReport("", "2.27.3", "", false));
  }

  private static String told(ExchangeKind asked, Fingerprint... workers) {
    ExchangeChoice choice = ExchangeChoice.of(asked, List.of(workers));
    choice.require();
    return choice.toString();
  }

  private static void refused(String line, ExchangeKind asked, Fingerprint... workers) {
    assertThatThrownBy(() -> ExchangeChoice.of(asked, List.of(workers)).require())
        .isInstanceOf(UserException.class)
        .hasMessage(line);
  }

  @Test
  void ncclIsTakenWhereAllHaveIt() {
    assertThat(told(ExchangeKind.AUTO, nccl(0, "2.27.3"), nccl(1, "2.27.3")))
        .isEqualTo("NCCL 2.27.3");
    assertThat(told(ExchangeKind.NCCL, nccl(0, "2.27.3"), nccl(1, "2.27.3")))
        .isEqualTo("NCCL 2.27.3");
    assertThat(told(ExchangeKind.TCP, nccl(0, "2.27.3"), nccl(1, "2.26.2"))).isEqualTo("TCP");
  }

  @Test
  void oneThatLacksItIsNamed() {
    String line = "executor 1 on host has no NCCL: " + WANTED;
    assertThat(told(ExchangeKind.AUTO, nccl(0, "2.27.3"), nccl(1, "")))
        .isEqualTo("TCP (" + line + ")");
    refused(line + "; or give --exchange tcp", ExchangeKind.NCCL, nccl(0, "2.27.3"), nccl(1, ""));
  }

  @Test
  void unequalVersionsAreRefusedInALineThatNamesBoth() {
    String line =
        "executor 0 on host has NCCL 2.27.3 but executor 2 on host has NCCL 2.26.2; install the"
            + " same on all; or give --exchange tcp";
    for (ExchangeKind asked : List.of(ExchangeKind.AUTO, ExchangeKind.NCCL)) {
      refused(line, asked, nccl(0, "2.27.3"), nccl(1, "2.27.3"), nccl(2, "2.26.2"));
    }
  }

  @Test
  void twoOnOneGpuAreNamed() {
    var mine = worker(0, "cuda", new NcclReport("one", "2.27.3", "", false));
    var yours = worker(1, "cuda", new NcclReport("one", "2.27.3", "", false));
    String line =
        "executor 0 on host and executor 1 on host share a GPU, which this NCCL does not support;"
            + " give each its own GPU, see docs/cluster.md";
    assertThat(told(ExchangeKind.AUTO, mine, yours)).isEqualTo("TCP (" + line + ")");
    refused(line + "; or give --exchange tcp", ExchangeKind.NCCL, mine, yours);
    var shares = new NcclReport("one", "2.30.7", "", true);
    assertThat(told(ExchangeKind.AUTO, worker(0, "cuda", shares), worker(1, "cuda", shares)))
        .isEqualTo("NCCL 2.30.7");
  }

  @Test
  void processorsHaveNothingToSayAboutIt() {
    assertThat(told(ExchangeKind.AUTO, cpu(0), cpu(1))).isEqualTo("TCP");
    refused(
        "executor 0 on host runs on cpu, but NCCL needs GPUs; or give --exchange tcp",
        ExchangeKind.NCCL,
        cpu(0),
        cpu(1));
  }
}
