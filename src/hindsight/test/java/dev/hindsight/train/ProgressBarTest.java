package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  @Test
  void aDumbTerminalGetsNoEscapes() {
    assertThat(ProgressBar.understandsEscapes(Map.of("TERM", "dumb"))).isFalse();
    assertThat(ProgressBar.understandsEscapes(Map.of("TERM", "xterm"))).isTrue();
    assertThat(ProgressBar.understandsEscapes(Map.of())).isTrue();
  }

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now = 5;

  private static Progress at(long step) {
    return new Progress(3, 20, step, 2500, 107.25, ImageShape.MNIST.bitsPerDim(107.25), 4210.4, 83);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void bar() {
    assertThat(at(1250).bar(120))
        .isEqualTo(
            "epoch 3/20 [==============>               ] 1250/2500  107.3 nats  0.197 bits/dim"
                + "  4210 images/s  1:23 left");
    assertThat(at(1250).bar(79))
        .isEqualTo(
            "epoch 3/20 [========>         ] 1250/2500 107.3 nats 0.197 bits/dim 4210/s 1:23")
        .hasSize(79);
    assertThat(at(1250).bar(60))
        .isEqualTo("epoch 3/20 1250/2500 107.3 nats 0.197 bits/dim 4210/s 1:23");
    assertThat(at(0).bar(120)).contains("[" + " ".repeat(30) + "] 0/2500");
    assertThat(at(2500).bar(120)).contains("[" + "=".repeat(30) + "] 2500/2500");
  }

  @Test
  void barNeverWraps() {
    for (int columns = 1; columns < 140; columns++) {
      assertThat(at(77).bar(columns).length()).isLessThanOrEqualTo(columns);
    }
  }

  @Test
  void wordsDoNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(at(375).line())
          .isEqualTo(
              "epoch 3/20, step 375/2500: 107.3 nats, 0.197 bits/dim, 4210 images/s, 1:23 left");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void unknownNumbersAreSaid() {
    Progress start =
        new Progress(1, 1, 0, 10, Double.NaN, Double.NaN, Double.POSITIVE_INFINITY, Double.NaN);
    assertThat(start.line())
        .isEqualTo("epoch 1/1, step 0/10: NaN nats, NaN bits/dim, Infinity images/s, ? left");
  }

  @Test
  void durations() {
    assertThat(Progress.duration(0.4)).isEqualTo("0:00");
    assertThat(Progress.duration(59.6)).isEqualTo("1:00");
    assertThat(Progress.duration(754)).isEqualTo("12:34");
    assertThat(Progress.duration(11_100)).isEqualTo("3:05:00");
    assertThat(Progress.duration(183_600)).isEqualTo("2 d 03 h");
    assertThat(Progress.duration(-1)).isEqualTo("?");
    assertThat(Progress.duration(Double.POSITIVE_INFINITY)).isEqualTo("?");
  }

  @Test
  void aTerminalIsDrawnOverTenTimesASecond() {
    try (ProgressBar bar = new ProgressBar(out, true, 80, () -> now)) {
      bar.show(at(1));
      now += 99_000_000L;
      bar.show(at(2)); // too soon
      now += 1_000_000L;
      bar.show(at(3));
      bar.line("epoch 3: test 104.0 nats");
    }
    assertThat(printed())
        .isEqualTo(
            "\r\u001b[K"
                + at(1).bar(79)
                + "\r\u001b[K"
                + at(3).bar(79)
                + "\r\u001b[Kepoch 3: test 104.0 nats\n");
  }

  @Test
  void closingATerminalRemovesTheBar() {
    new ProgressBar(out, true, 80, () -> now).close();
    assertThat(printed()).isEmpty();
    try (ProgressBar bar = new ProgressBar(out, true, 80, () -> now)) {
      bar.show(at(1));
    }
    assertThat(printed()).endsWith("1:23\r\u001b[K");
  }

  @Test
  void elsewhereThereArePlainLinesEveryTenSeconds() {
    try (ProgressBar bar = new ProgressBar(out, false, 80, () -> now)) {
      bar.show(at(1));
      now += 9_999_999_999L;
      bar.show(at(2)); // too soon
      now += 1;
      bar.show(at(3));
      bar.line("done");
    }
    assertThat(printed()).isEqualTo(at(1).line() + "\n" + at(3).line() + "\ndone\n");
  }

  @Test
  void columnsFollowTheShell() {
    assertThat(ProgressBar.columns(Map.of())).isEqualTo(80);
    assertThat(ProgressBar.columns(Map.of("COLUMNS", "132"))).isEqualTo(132);
    assertThat(ProgressBar.columns(Map.of("COLUMNS", "wide"))).isEqualTo(80);
    assertThat(ProgressBar.columns(Map.of("COLUMNS", "0"))).isEqualTo(80);
  }
}
