package dev.hindsight.cli;

import dev.hindsight.cli.DrawOptions.Drawn;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.GrowingGif;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "sample",
    description = {"Draws images from a trained run onto one sheet.", ""})
final class SampleCommand extends CliCommand {
  private static final int MOST = 10_000;
  private static final int COUNT = 25;
  private static final int COLUMNS = 5;

  @Parameters(paramLabel = "RUN", description = NamedRun.DESCRIPTION)
  private Path run = Path.of("");

  @Option(
      names = "--count",
      paramLabel = "N",
      description =
          "Number of images; where several classes are drawn, of each. Default: 25, or 5 of each.")
  private @Nullable Integer count;

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

  @Mixin private ClassOptions classOptions = new ClassOptions();

  @Mixin private DrawOptions drawOptions = new DrawOptions();

  @Option(
      names = "--json",
      description =
          "Print one line of JSON: model, backend, images, classes (drawn), seconds (of drawing, "
              + "including what cpu compiles for it), multiply_adds_per_image, "
              + "multiply_adds_per_forward.")
  private boolean json;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Override
  public Integer call() {
    if (count != null) {
      requireCount(count, count);
    }
    classOptions.check();
    drawOptions.check();
    PrintWriter notices = notices(json);
    StoredRun stored = StoredRun.open(NamedRun.find(run, notices));
    drawOptions.requireOrder(stored.config());
    ModelConfig config = stored.config().model();
    List<Integer> classes = classOptions.chosen(stored, ImageSheet.classes(config.classes()));
    ImageSheet sheet =
        ImageSheet.of(config.shape(), count != null && classes.size() > 1 ? count : COLUMNS);
    int each = count != null ? count : classes.size() > 1 ? COLUMNS : COUNT;
    int images = each * Math.max(1, classes.size());
    requireCount(each, images);
    sheet.requireRoom(images);
    Conditioning of = classOptions.conditioning(classes, each, 1);
    Path file = NamedRun.output(stored, out, stored.folder().samples());
    if (gif != null) {
      GrowingGif.requireRoom(sheet, images);
      OutputFile.require("--gif", gif);
      OutputFile.requireDifferent("--gif", gif, "--out", file);
    }
    clusterOption.check();
    try (ClusterOption cluster = clusterOption;
        Execution execution = Execution.open(backendOption, cluster, notices);
        AutoregressiveModel model = stored.load(execution.holder())) {
      Drawn drawn =
          execution.cluster() == null
              ? drawOptions.draw(execution.holder(), model, images, of, 0, new float[0], json)
              : drawOptions.draw(
                  execution, execution.cluster(), stored.config(), model, images, of);
      sheet.write(file, drawn.images(), images);
      if (gif != null) {
        GrowingGif.write(gif, sheet, drawn.images(), images, model.order(drawOptions.order()));
      }
      print(stored, execution, model, new Sheet(drawn, images, names(stored, classes), file));
    }
    return 0;
  }

  private void requireCount(int each, int images) {
    if (each < 1 || images > MOST) {
      throw new UserException(
          each == images
              ? "--count must be from 1 to %d but is %d".formatted(MOST, each)
              : "--count %d of each class are %d images, of %d at most; draw fewer"
                  .formatted(each, images, MOST));
    }
    if (gif != null && images > GrowingGif.MOST_IMAGES) {
      throw new UserException(
          "--gif takes at most %d images but --count is %d; leave out one of the two"
              .formatted(GrowingGif.MOST_IMAGES, images));
    }
  }

  private static List<String> names(StoredRun run, List<Integer> classes) {
    List<String> names = KnownClasses.names(run);
    return classes.stream().filter(y -> y >= 0).map(names::get).toList();
  }

  private record Sheet(Drawn drawn, int images, List<String> classes, Path file) {}

  private void print(
      StoredRun stored, Execution execution, AutoregressiveModel model, Sheet sheet) {
    double seconds = sheet.drawn().seconds();
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("model", stored.config().model().name());
      fields.put("backend", execution.backend());
      fields.put("images", sheet.images());
      fields.put("classes", sheet.classes());
      fields.put("seconds", seconds);
      fields.put(
          "multiply_adds_per_image", drawOptions.multiplyAddsPerImage(execution.holder(), model));
      fields.put("multiply_adds_per_forward", model.multiplyAdds());
      out().println(Json.line(fields));
    } else {
      out()
          .printf(
              Locale.ROOT,
              "%d images in %.2f s (%.1f images/s): %s%n",
              sheet.images(),
              seconds,
              sheet.images() / seconds,
              gif == null ? sheet.file() : sheet.file() + " and " + gif);
      if (sheet.classes().size() > 1) {
        out().println(Printable.line("rows, from above: " + String.join(", ", sheet.classes())));
      }
    }
  }
}
