package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.cli.DrawOptions.Drawn;
import dev.hindsight.data.DataSource;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hindsight complete RUN`.
@Command(
    name = "complete",
    description = {
      "Keeps the first rows of given images and draws the rest with a trained run.",
      "Each row of the sheet shows an image and its completions.",
      ""
    })
final class CompleteCommand extends CliCommand {
  private static final int MOST = 10_000;

  @Parameters(
      paramLabel = "RUN",
      description = "A run folder. runs/made also selects the newest runs/made-DATE-TIME.")
  private Path run = Path.of("");

  @Option(
      names = "--given",
      paramLabel = "FILE",
      description =
          "A PNG, JPEG, GIF or BMP, which is fitted to the run's image size and levels (--fit,"
              + " --background), and whose luma is taken where the run's images are grey. Repeatable.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--invert",
      paramLabel = "yes|no",
      description =
          "Whether files become their negatives. Default: yes for dark strokes on bright paper where"
              + " the run's images are grey, bright on black.")
  private Inversion.@Nullable Answer invert;

  @Option(
      names = "--test",
      paramLabel = "N",
      split = ",",
      description = "Images of the run's test set by number, from 0, such as 0,5,9.")
  private List<Integer> test = new ArrayList<>();

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Rows of pixels that are kept. Default: half of them.")
  private @Nullable Integer rows;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Completions of each image. Default: ${DEFAULT-VALUE}.")
  private int count = 5;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The PNG to write. Default: completions.png in the run folder.")
  private @Nullable Path out;

  @Mixin private DrawOptions drawOptions = new DrawOptions();

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() {
    if (files.isEmpty() == test.isEmpty()) {
      throw new UserException(
          "complete needs images: give either files with --given or numbers with --test");
    }
    if (data.place() != null && test.isEmpty()) {
      throw new UserException("--data needs --test; give both, or leave out --data");
    }
    if (invert != null && files.isEmpty()) {
      throw new UserException("--invert needs --given; give both, or leave out --invert");
    }
    int images = files.size() + test.size();
    if (count < 1 || (long) images * count > MOST) {
      throw new UserException(
          "--count must be at least 1 and make at most %d completions but is %d for %s"
              .formatted(MOST, count, counted(images, "image")));
    }
    drawOptions.check();
    PrintWriter text = out();
    StoredRun stored = StoredRun.open(NamedRun.find(run, text));
    drawOptions.requireOrder(stored.config());
    ImageShape shape = stored.config().model().shape();
    int kept = kept(shape);
    ImageSheet sheet = ImageSheet.of(shape, count + 1);
    sheet.requireRoom(images * (count + 1));
    Path file = out == null ? stored.folder().path().resolve("completions.png") : out;
    OutputFile.require("--out", file);
    float[] given =
        test.isEmpty()
            ? GivenImages.read(
                files, shape, data.given(stored.config()), inversion(stored.config(), text), text)
            : GivenImages.test(stored, data, test);
    try (Backend backend = backendOption.open(text);
        AutoregressiveModel model = stored.load(backend)) {
      int values = shape.values();
      float[] known = new float[given.length * count];
      for (int k = 0; k < images * count; k++) {
        System.arraycopy(given, k / count * values, known, k * values, values);
      }
      Drawn drawn =
          drawOptions.draw(backend, model, images * count, kept * shape.width(), known, false);
      sheet.write(file, besides(given, drawn.images(), values), images * (count + 1));
      text.printf(
          Locale.ROOT,
          "%s of %s in %.2f s: %s%n",
          counted(images * count, "completion"),
          counted(images, "image"),
          drawn.seconds(),
          file);
    }
    return 0;
  }

  /// `1 image`, `5 images`.
  private static String counted(int number, String thing) {
    return number + " " + thing + (number == 1 ? "" : "s");
  }

  private int kept(ImageShape shape) {
    int most = shape.height() - 1;
    int kept = rows == null ? shape.height() / 2 : rows;
    if (kept < 0 || kept > most) {
      throw new UserException("--rows must be from 0 to %d but is %d".formatted(most, kept));
    }
    return kept;
  }

  private Inversion inversion(RunConfig config, PrintWriter notices) {
    DataSource own = new DataSource(config.data().name(), config.data().pictures(), true);
    return new Inversion(invert, config.model().shape(), () -> data.open(own, Split.TEST), notices);
  }

  /// Each image followed by its completions.
  private float[] besides(float[] given, float[] drawn, int values) {
    int images = given.length / values;
    float[] all = new float[given.length + drawn.length];
    for (int k = 0; k < images; k++) {
      int row = k * (count + 1) * values;
      System.arraycopy(given, k * values, all, row, values);
      System.arraycopy(drawn, k * count * values, all, row + values, count * values);
    }
    return all;
  }
}
