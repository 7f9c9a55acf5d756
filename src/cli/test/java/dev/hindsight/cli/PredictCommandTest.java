package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PredictCommandTest {
  private static void mistake(Ran result, String... parts) {
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).contains(parts);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void namesWhatThereIs() {
    mistake(Ran.of("predict", "made", "--gpu", "V100"), "V100", "H100, A100, RTX 4090, T4");
    mistake(Ran.of("predict", "mode", "--gpu", "T4"), "mode", "made, wavenet, pixelcnn");
    mistake(Ran.of("predict", "made", "--gpu", "T4", "--precision", "fp8"), "fp8", "bf16");
    mistake(Ran.of("predict", "made", "--gpu", "T4", "--precision", "bf16"), "T4", "fp32");
    mistake(
        Ran.of("predict", "made", "--gpu", "T4", "--preset", "big"),
        "big",
        "base, hour, best, reference");
    for (String batch : new String[] {"0", "60001", "3000000"}) {
      mistake(
          Ran.of("predict", "made", "--gpu", "T4", "--batch", batch),
          "--batch",
          "from 1 to 60000 but is " + batch);
    }
  }

  @Test
  void printsATable() {
    Ran result = Ran.of("predict", "made", "--gpu", "t4", "--batch", "1");
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("prediction, not a measurement: a training step of made");
    assertThat(result.out()).contains("maskedLinear", "adam");
  }

  @Test
  void drawingHasItsOwnOptions() {
    mistake(Ran.of("predict", "wavenet", "--gpu", "T4", "--draw", "0"), "--draw", "1 to 256", "0");
    mistake(Ran.of("predict", "wavenet", "--gpu", "T4", "--draw", "257"), "1 to 256", "257");
    mistake(Ran.of("predict", "wavenet", "--gpu", "T4", "--draw", "1", "--batch", "2"), "--batch");
    mistake(
        Ran.of("predict", "wavenet", "--gpu", "T4", "--draw", "1", "--precision", "fp32"),
        "--precision");
    mistake(
        Ran.of("predict", "pixel-rnn", "--gpu", "T4", "--draw", "1", "--hidden", "2"),
        "no kernel draws whole images of pixel-rnn");
  }

  @Test
  void predictsADrawingAndSaysSo() {
    String[] tiny = {
      "predict",
      "wavenet",
      "--gpu",
      "h100",
      "--draw",
      "1",
      "--residual-channels",
      "4",
      "--blocks",
      "2"
    };
    Ran table = Ran.of(tiny);
    assertThat(table.exit()).as(table.err()).isZero();
    assertThat(table.out()).startsWith("prediction, not a measurement: drawing 1 image of wavenet");
    assertThat(table.out()).contains("pixel: product (8, 4)");
  }
}
