package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "made --gpu V100 | H100, A100, RTX 4090, T4",
        "mode --gpu T4 | made, wavenet, pixelcnn",
        "made --gpu T4 --precision fp8 | no precision is called 'fp8'",
        "made --gpu T4 --precision bf16 | T4",
        "made --gpu T4 --preset big | base, hour, best, reference",
        "made --gpu T4 --batch 0 | from 1 to 60000 but is 0",
        "made --gpu T4 --batch 60001 | from 1 to 60000 but is 60001",
        "made --gpu T4 --batch 3000000 | from 1 to 60000 but is 3000000",
        "made --gpu T4 --shape 28x28 | --shape is '28x28'; expected HxWxC, such as 32x32x3",
        "wavenet --gpu T4 --draw 0 | --draw must be from 1 to 256",
        "wavenet --gpu T4 --draw 257 | --draw must be from 1 to 256",
        "wavenet --gpu T4 --draw 1 --batch 2 | --batch applies to a training step, not to --draw",
        "wavenet --gpu T4 --draw 1 --precision fp32 | --precision applies to a training step",
        "pixel-rnn --gpu T4 --draw 1 --hidden 2 | no kernel draws whole images of pixel-rnn",
      })
  void mistakesAreOneLine(String options, String part) {
    Cli.here("predict " + options).mistake(part);
  }

  @Test
  void printsATable() {
    Cli result = Cli.here("predict made --gpu t4 --batch 1 --hidden 9 --shape 4x5x3").ok();
    assertThat(result.out())
        .startsWith(
            "prediction, not a measurement: a training step of made (reference), batch 1 of 4x5x3"
                + " of 256 levels, fp32");
    assertThat(result.out()).contains("maskedLinear (1, 60) (9, 60)", "logisticMixture", "adam");
  }

  @Test
  void predictsADrawingAndSaysSo() {
    String words =
        "predict wavenet --gpu h100 --draw 1 --shape 5x7x1 --residual-channels 4 --blocks 2";
    Cli table = Cli.here(words).ok();
    assertThat(table.out())
        .startsWith(
            "prediction, not a measurement: drawing 1 image of 5x7 of 256 levels by wavenet");
    assertThat(table.out()).contains("pixel: product (8, 4)");
  }
}
