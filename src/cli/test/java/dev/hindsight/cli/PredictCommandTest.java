package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
  @TempDir private Path folder;

  private record Result(int code, String out, String err) {
    static Result of(String... args) {
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      var command = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
      return new Result(command.execute(args), out.toString(), err.toString());
    }
  }

  private static void mistake(Result result, String... parts) {
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).contains(parts);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void namesWhatThereIs() {
    mistake(Result.of("predict", "made", "--gpu", "V100"), "V100", "H100, A100, RTX 4090, T4");
    mistake(Result.of("predict", "mode", "--gpu", "T4"), "mode", "made, wavenet, pixelcnn");
    mistake(Result.of("predict", "made", "--gpu", "T4", "--precision", "fp8"), "fp8", "bf16");
    mistake(Result.of("predict", "made", "--gpu", "T4", "--precision", "bf16"), "T4", "fp32");
    mistake(Result.of("predict", "made", "--gpu", "T4", "--preset", "big"), "big", "base, seed");
    mistake(Result.of("predict", "made", "--gpu", "T4", "--batch", "0"), "--batch");
    mistake(
        Result.of("predict", "made", "--gpu", "T4", "--svg", folder.toString()), "--svg", "folder");
  }

  @Test
  void printsATableAndDrawsAPicture() throws IOException {
    Path svg = folder.resolve("step.svg");
    Result result =
        Result.of("predict", "made", "--gpu", "t4", "--batch", "1", "--svg", svg.toString());
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("prediction, not a measurement: a training step of made");
    assertThat(result.out()).contains("maskedLinear", "adam");
    assertThat(Files.readString(svg)).startsWith("<svg").contains("prediction, not a measurement");
  }
}
