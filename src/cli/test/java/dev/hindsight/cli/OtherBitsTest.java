package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.image.ImageShape;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.testing.RunEdits;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run that goes on where oneDNN takes other instructions, as on another kind of CPU.
@Tag("slow")
class OtherBitsTest {
  private static final String LOOPS =
      Loops.describe()
          + ", recurrences of 64 rows, convolutions by F(4, 3) to F(4, 5), two taps by F(2, 2)";
  private static final String AVX = "oneDNN 3.13.0 (avx), " + LOOPS;
  private static final String SSE41 = "oneDNN 3.13.0 (sse41), " + LOOPS;

  @TempDir private static Path shared;
  @TempDir private Path temp;
  private static Path trained = Path.of("");
  private static Path data = Path.of("");

  /// Instructions that every CPU of the last ten years has.
  private static Cli train(String instructions, Path run, String more) throws Exception {
    ProcessBuilder process = Cli.process("train made --backend cpu --run %s " + more, run);
    process.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
    return Cli.run(process);
  }

  @BeforeAll
  static void train() throws Exception {
    trained = shared.resolve("run");
    data = IdxBytes.folder(shared.resolve("data"), new ImageShape(5, 7), 20, 10);
    train("AVX", trained, "--hidden 8 --epochs 1 --batch 10 --data " + data).ok();
  }

  /// As if it was killed before it drew its sheet.
  private Path stopped() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    Files.delete(run.resolve("samples.png"));
    return run;
  }

  private static List<String> numerics(Path run) {
    return RunConfig.read(run.resolve("config.json")).arithmetic().numerics();
  }

  @Test
  void areWritten() {
    assertThat(numerics(trained)).containsExactly(AVX);
  }

  @Test
  void areNotTakenUnasked() throws Exception {
    Path run = stopped();
    Map<String, String> before = TinyRun.contents(run);
    train("SSE41", run, "--resume")
        .mistake(
            "%s: was trained with %s; this machine has %s, which rounds differently; resume where it began,"
                .formatted(run, AVX, SSE41),
            " or accept different bits with --allow-other-bits");
    assertThat(TinyRun.contents(run)).isEqualTo(before);
  }

  @Test
  void areTakenWhereTheyMayBe() throws Exception {
    Path run = stopped();
    assertThat(train("SSE41", run, "--resume --allow-other-bits").ok().lines())
        .contains(
            "%s: was trained with %s; this machine has %s, which rounds differently; the bits differ from here on"
                .formatted(run, AVX, SSE41));
    assertThat(numerics(run)).containsExactly(AVX, SSE41);
  }

  @Test
  void areNoQuestionWhereTheyAreTheSame() throws Exception {
    Path run = stopped();
    train("AVX", run, "--resume").ok();
    assertThat(numerics(run)).containsExactly(AVX);
  }

  /// A checkpoint is fp32 in every precision. Here the run was in bf16, by its own account.
  @Test
  void areTakenInAnotherPrecisionWhereTheyMayBe() throws Exception {
    Path run = stopped();
    Path config = run.resolve("config.json");
    RunEdits.config(run, "\"fp32\"", "\"bf16\"");
    train("AVX", run, "--resume")
        .mistake(
            "was trained in bf16, not in fp32; give --precision bf16, or accept different bits with",
            "--allow-other-bits");
    assertThat(train("AVX", run, "--resume --allow-other-bits").ok().lines())
        .contains(run + ": was trained in bf16, not in fp32; the bits differ from here on");
    assertThat(RunConfig.read(config).arithmetic().precision()).isEqualTo("fp32");
    assertThat(numerics(run)).containsExactly(AVX, AVX);
  }
}
