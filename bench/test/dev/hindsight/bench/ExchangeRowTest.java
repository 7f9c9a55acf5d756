package dev.hindsight.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.bench.ExchangeRow.Seconds;
import dev.hindsight.cli.CommandLines;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExchangeRowTest {
  private static final ExchangeRow ROW =
      new ExchangeRow("made", 64, 2, 125_000_000, new Seconds(3, 1), new Seconds(0.3, 0.1));

  @Test
  void aStepIsItsPartOfTheBatchTheExchangeAndTheWire() {
    // 125 MB there and back take 0.1 s each way at 10 Gb/s; of two workers each sends half of it
    assertThat(ROW.speedUp(2, 10)).isCloseTo(1 / (0.5 + 0.1 + 0.1), within(1e-9));
    assertThat(ROW.speedUp(4, 10)).isCloseTo(1 / (0.25 + 0.1 + 0.15), within(1e-9));
    assertThat(ROW.speedUp(4, 100)).isCloseTo(1 / (0.25 + 0.1 + 0.015), within(1e-9));
    assertThat(ROW.sent(4)).isEqualTo(187.5e6);
  }

  @Test
  void theMiddleAndTheLeastOfSomeCalls() {
    assertThat(Seconds.of(5, 1, 2, 9, 3)).isEqualTo(new Seconds(3, 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rank 0 | --rank and --workers belong together",
        "--rank 2 --workers a:1,b:2 | --rank 2 is none of the 2 workers; count from 0",
        "--rank 0 --workers a,b:2 | --workers a: wanted HOST:PORT",
        "--models mode | no model is called 'mode'",
      })
  void mistakes(String words, String wanted) {
    var err = new StringWriter();
    int exit =
        CommandLines.of(new BenchCommand())
            .setErr(new PrintWriter(err, true))
            .execute(("exchange " + words).split(" "));
    assertThat(exit).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(wanted);
  }
}
