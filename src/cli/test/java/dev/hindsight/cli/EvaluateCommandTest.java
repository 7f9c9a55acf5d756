package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Binarize;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        new RunConfig(
            now.hindsight(),
            now.model(),
            now.preset(),
            now.recipe().withBinarize(Binarize.STOCHASTIC),
            new RunData(now.data().name(), MNIST, 0),
            now.seed(),
            now.arithmetic());
    Files.write(file, mnist.toJson());
    List<String> all = evaluate(run);
    assertThat(all).hasSize(5);
    assertThat(all.get(2)).startsWith("published for made: 84.87 nats (1 x 8000, ");
    assertThat(all.get(4)).startsWith("Published, static: ");
    assertThat(evaluate(run, "--binarize", "threshold")).hasSize(2);
    assertThat(evaluate(run, "--json")).hasSize(1);
  }

  private static List<String> evaluate(Path run, String... more) {
    List<String> words = new ArrayList<>(List.of("evaluate", run.toString()));
    words.addAll(List.of("--backend", "cpu"));
    words.addAll(List.of(more));
    Cli cli = Cli.here(words.toArray(String[]::new));
    assertThat(cli.exit()).as(cli.toString()).isZero();
    return cli.out();
  }
}
