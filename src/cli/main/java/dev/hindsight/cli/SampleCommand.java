package dev.hindsight.cli;

import dev.hindsight.cli.DrawOptions.Drawn;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.sample.GrowingGif;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hindsight sample RUN`.
@Command(
    name = "sample",
    description = {"Draws images from a trained run onto one sheet.", ""})
final class SampleCommand extends CliCommand {
  @Parameters(
      paramLabel = "RUN",
      description = "A run folder. runs/made also selects the newest runs/made-DATE-TIME.")
  private Path run = Path.of("");

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Number of images. Default: ${DEFAULT-VALUE}.")
  private int count = 25;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The PNG to write. Default: samples.png in the run folder.")
  private @Nullable Path out;

  @Option(
      names = "--gif",
      paramLabel = "FILE",
      description = "Also write the sheet as a GIF that shows the images grow pixel by pixel.")
  private @Nullable Path gif;

  @Mixin private DrawOptions drawOptions = new DrawOptions();

  @Option(
      names = "--json",
      description =
          "Print one line of JSON: model, backend, images, seconds (of drawing, "
              + "including what cpu compiles for it), multiply_adds_per_image, "
              + "multiply_adds_per_forward.")
  private boolean json;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Override
  public Integer call() {
    if (count < 1 || count > 10_000) {
      throw new UserException("--count must be from 1 to 10000 but is " + count);
    }
    if (gif != null && count > GrowingGif.MOST_IMAGES) {
      throw new UserException(
          "--gif takes at most %d images but --count is %d; leave out one of the two"
              .formatted(GrowingGif.MOST_IMAGES, count));
    }
    drawOptions.check();
    PrintWriter notices = notices(json);
    StoredRun stored = StoredRun.open(NamedRun.find(run, notices));
    drawOptions.requireOrder(stored.config());
    ImageSheet sheet = ImageSheet.of(stored.config().model().shape());
    sheet.requireRoom(count);
    Path file = out == null ? stored.folder().samples() : out;
    OutputFile.require("--out", file);
    if (gif != null) {
      GrowingGif.requireRoom(sheet, count);
      OutputFile.require("--gif", gif);
      OutputFile.requireDifferent("--gif", gif, "--out", file);
    }
    clusterOption.check();
    try (ClusterOption cluster = clusterOption;
        Execution execution = Execution.open(backendOption, cluster, notices);
        AutoregressiveModel model = stored.load(execution.holder())) {
      Drawn drawn =
          execution.cluster() == null
              ? drawOptions.draw(execution.holder(), model, count, 0, new float[0], json)
              : drawOptions.draw(execution, execution.cluster(), stored.config(), model, count);
      sheet.write(file, drawn.images(), count);
      if (gif != null) {
        GrowingGif.write(gif, sheet, drawn.images(), count, model.order(drawOptions.order()));
      }
      print(stored, execution, model, drawn, file);
    }
    return 0;
  }

  private void print(
      StoredRun stored, Execution execution, AutoregressiveModel model, Drawn drawn, Path file) {
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("model", stored.config().model().name());
      fields.put("backend", execution.backend());
      fields.put("images", count);
      fields.put("seconds", drawn.seconds());
      fields.put(
          "multiply_adds_per_image", drawOptions.multiplyAddsPerImage(execution.holder(), model));
      fields.put("multiply_adds_per_forward", model.multiplyAdds());
      out().println(Json.line(fields));
    } else {
      out()
          .printf(
              Locale.ROOT,
              "%d images in %.2f s (%.1f images/s): %s%n",
              count,
              drawn.seconds(),
              count / drawn.seconds(),
              gif == null ? file : file + " and " + gif);
    }
  }
}
