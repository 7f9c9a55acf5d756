package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Binarize;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Published figures, beside a run that says that it is of MNIST.
class EvaluateCommandTest {
  private static final String MNIST =
      "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757";

  @TempDir private Path temp;

  @Test
  void showsWhatOthersReachedOnTheSameImagesOnly() throws IOException {
    Path run = TinyRun.train(temp);
    Path file = run.resolve("config.json");
    RunConfig now = RunConfig.read(file);
    RunConfig mnist =
        now.with(now.recipe().withBinarize(Binarize.STOCHASTIC))
            .with(new RunData(now.data().name(), MNIST, 0));
    Files.write(file, mnist.toJson());
    List<String> all = evaluate(run, "");
    assertThat(all).hasSize(5);
    assertThat(all.get(2)).startsWith("published for made: 84.87 nats (1 x 8000, ");
    assertThat(all.get(4)).startsWith("Published, static: ");
    assertThat(evaluate(run, " --binarize threshold")).hasSize(2);
    assertThat(evaluate(run, " --json")).hasSize(1);
  }

  private static List<String> evaluate(Path run, String more) {
    return Cli.here("evaluate %s --backend cpu" + more, run).ok().lines();
  }
}
