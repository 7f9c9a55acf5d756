package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.cli.DrawOptions.Drawn;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.ImageSheet;
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

@Command(
    name = "complete",
    description = {
      "Keeps the first rows of given images, or another side, and draws the rest with a trained run.",
      "Each row of the sheet shows an image and its completions.",
      ""
    })
final class CompleteCommand extends CliCommand {
  private static final int MOST = 10_000;

  @Parameters(paramLabel = "RUN", description = NamedRun.DESCRIPTION)
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
      description =
          "Files become their negatives: dark strokes on bright paper, for a run on bright ones on black.")
  private boolean invert;

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
      description =
          "Rows of pixels that are kept, or columns of --side left and right. Default: half of them.")
  private @Nullable Integer rows;

  @Option(
      names = "--side",
      paramLabel = "top|bottom|left|right",
      description =
          "Which side is kept, of a run that was trained with --symmetries; left and right with 8."
              + " Default: top.")
  private Side side = Side.TOP;

  @Option(
      names = "--count",
      paramLabel = "N",
      description =
          "Completions of each image; where several classes are drawn, of each. Default:"
              + " ${DEFAULT-VALUE}.")
  private int count = 5;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The PNG to write. Default: completions.png in the run folder.")
  private @Nullable Path out;

  @Mixin private ClassOptions classOptions = new ClassOptions();

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
    if (invert && files.isEmpty()) {
      throw new UserException("--invert needs --given; give both, or leave out --invert");
    }
    int images = files.size() + test.size();
    requireCount(images, 1);
    classOptions.check();
    drawOptions.check();
    PrintWriter text = out();
    StoredRun stored = StoredRun.open(NamedRun.find(run, text));
    drawOptions.requireOrder(stored.config());
    drawOptions.drawIn(side.order(stored, drawOptions.order()));
    List<Integer> classes = classOptions.chosen(stored, List.of());
    requireCount(images, Math.max(1, classes.size()));
    int each = count * Math.max(1, classes.size()); // completions of an image
    Conditioning of = classOptions.conditioning(classes, count, images);
    ImageShape shape = stored.config().model().shape();
    int kept = kept(shape); // pixels
    ImageSheet sheet = ImageSheet.of(shape, each + 1);
    sheet.requireRoom(images * (each + 1));
    Path file = NamedRun.output(stored, out, stored.folder().path().resolve("completions.png"));
    float[] given =
        test.isEmpty()
            ? GivenImages.read(files, shape, data.given(stored.config()), invert, text)
            : GivenImages.test(stored, data, test);
    try (Backend backend = backendOption.open(text);
        AutoregressiveModel model = stored.load(backend)) {
      int values = shape.values();
      float[] known = new float[given.length * each];
      for (int k = 0; k < images * each; k++) {
        System.arraycopy(given, k / each * values, known, k * values, values);
      }
      Drawn drawn = drawOptions.draw(backend, model, images * each, of, kept, known, false);
      sheet.write(file, besides(given, drawn.images(), values), images * (each + 1));
      text.printf(
          Locale.ROOT,
          "%s of %s in %.2f s: %s%n",
          counted(images * each, "completion"),
          counted(images, "image"),
          drawn.seconds(),
          file);
    }
    return 0;
  }

  private void requireCount(int images, int classes) {
    if (count < 1 || (long) images * count * classes > MOST) {
      String of = classes == 1 ? "" : " and %d classes".formatted(classes);
      throw new UserException(
          "--count must be at least 1 and make at most %d completions but is %d for %s%s"
              .formatted(MOST, count, counted(images, "image"), of));
    }
  }

  /// `1 image`, `5 images`.
  private static String counted(int number, String thing) {
    return number + " " + thing + (number == 1 ? "" : "s");
  }

  private int kept(ImageShape shape) {
    int lines = side.lines(shape);
    int kept = rows == null ? lines / 2 : rows;
    if (kept < 0 || kept >= lines) {
      throw new UserException("--rows must be from 0 to %d but is %d".formatted(lines - 1, kept));
    }
    return kept * (shape.pixels() / lines);
  }

  /// Each image followed by its completions.
  private float[] besides(float[] given, float[] drawn, int values) {
    int images = given.length / values;
    int each = drawn.length / given.length;
    float[] all = new float[given.length + drawn.length];
    for (int k = 0; k < images; k++) {
      int row = k * (each + 1) * values;
      System.arraycopy(given, k * values, all, row, values);
      System.arraycopy(drawn, k * each * values, all, row + values, each * values);
    }
    return all;
  }
}
