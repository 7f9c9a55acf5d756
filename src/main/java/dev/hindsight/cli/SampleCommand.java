package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.sample.Sampler;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `hindsight sample RUN`.
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {"Draws images from a trained run onto one sheet.", ""})
final class SampleCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = "The folder of a run.")
  private Path run = Path.of("");

  @Option(names = "--count", paramLabel = "N", description = "Images. Default: ${DEFAULT-VALUE}.")
  private int count = 25;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The PNG to write. Default: samples.png in the run folder.")
  private @Nullable Path out;

  @Option(names = "--seed", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Divides the logits. Default: ${DEFAULT-VALUE}.")
  private float temperature = 1;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (count < 1 || count > 10_000) {
      throw new UserException("--count must be from 1 to 10000 but is " + count);
    }
    if (!(temperature > 0 && Float.isFinite(temperature))) {
      throw new UserException("--temperature must be a number above 0 but is " + temperature);
    }
    PrintWriter text = Objects.requireNonNull(spec).commandLine().getOut();
    StoredRun stored = StoredRun.open(run);
    Path file = out == null ? stored.folder().samples() : out;
    try (Backend backend = backendOption.open(text);
        AutoregressiveModel model = stored.load(backend)) {
      RandomKey key = RandomKey.of(seed).fold("samples");
      long start = System.nanoTime();
      float[] images;
      try (Sampler sampler =
          Sampler.of(backend, model, new Sampler.Request(count, temperature, key))) {
        images = sampler.finish();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      ImageSheet.DEFAULT.write(file, images, count);
      text.printf(Locale.ROOT, "%d images in %.2f s: %s%n", count, seconds, file);
      text.flush();
    }
    return 0;
  }
}
