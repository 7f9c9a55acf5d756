package dev.hindsight.compare;

import dev.hindsight.format.AtomicFile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.quality.Estimate;
import dev.hindsight.quality.ImageSet;
import dev.hindsight.quality.NearestImages;
import dev.hindsight.quality.Quality;
import dev.hindsight.quality.Quality.Row;
import dev.hindsight.quality.Quality.Samples;
import dev.hindsight.sample.ImageSheet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// How good samples are, as one HTML page that needs no other file.
public final class QualityPage {
  private static final int PAIRS = 32;
  private static final int COLUMNS = 8; // of images

  private QualityPage() {}

  /// Writes the page completely or not at all.
  ///
  /// @param about one sentence: the run, the images, the backend
  public static void write(Path page, String about, Quality.Sets sets, Quality.Found found) {
    Quality quality = found.quality();
    Map<String, String> parts =
        Map.of(
            "about",
            Template.escape(about),
            "rows",
            rows(quality),
            "images",
            String.format(Locale.ROOT, "%,d", quality.images()),
            "k",
            "" + quality.neighbours(),
            "classifier",
            Template.escape(classifier(quality)),
            "figures",
            IntStream.range(0, quality.samples().size())
                .mapToObj(k -> figures(sets, found, k))
                .collect(Collectors.joining()));
    AtomicFile.write(page, Template.fill("quality.html", parts).getBytes(StandardCharsets.UTF_8));
  }

  /// Whose features are compared, and how well it knows the images.
  public static String classifier(Quality quality) {
    Double accuracy = quality.accuracy();
    return accuracy == null
        ? quality.classifier()
        : String.format(
            Locale.ROOT,
            "%s, which finds the class of %.1f %% of these test images",
            quality.classifier(),
            100 * accuracy);
  }

  /// A figure of all sets.
  ///
  /// @param of test images, which are the scale, and below them samples
  public record Line(String name, List<Cell> of) {}

  /// A figure of a set.
  public record Cell(String set, String figure) {}

  /// All figures.
  public static List<Line> lines(Quality quality) {
    List<Line> lines = new ArrayList<>();
    lines.add(line(quality, "Fréchet distance", "%.4f", Row::frechetDistance));
    lines.add(line(quality, "precision", "%.3f", Row::precision));
    lines.add(line(quality, "recall", "%.3f", Row::recall));
    lines.add(line(quality, "bits/dim", "%.4f", Row::bitsPerDim));
    if (quality.samples().stream().anyMatch(samples -> samples.guidance() > 0)) {
      lines.add(
          new Line(
              "bits/dim of test images",
              cells(quality, "%.4f", Row::bitsPerDim, Samples::testBitsPerDim)));
    }
    lines.add(line(quality, "nearest training image", "%.4f", Row::nearest));
    lines.add(line(quality, "copies", "%.3f", Row::copies));
    return lines;
  }

  private static Line line(
      Quality quality, String name, String format, Function<Row, Estimate> figure) {
    return new Line(name, cells(quality, format, figure, samples -> figure.apply(samples.row())));
  }

  private static List<Cell> cells(
      Quality quality,
      String format,
      Function<Row, Estimate> ofTest,
      Function<Samples, Estimate> ofSamples) {
    List<Cell> cells = new ArrayList<>();
    cells.add(new Cell("test images", text(ofTest.apply(quality.testImages()), format)));
    for (Samples samples : quality.samples()) {
      cells.add(new Cell(name(samples), text(ofSamples.apply(samples), format)));
    }
    return cells;
  }

  private static String name(Samples samples) {
    return samples.guidance() == 0
        ? "samples"
        : String.format(Locale.ROOT, "guidance %s", shortest(samples.guidance()));
  }

  private static String shortest(float number) {
    return number == (int) number ? "" + (int) number : "" + number;
  }

  private static String text(Estimate figure, String format) {
    String all = format + " (" + format + " to " + format + ")";
    return String.format(Locale.ROOT, all, figure.value(), figure.low(), figure.high());
  }

  /// An interval stays on a line.
  private static String whole(String text) {
    return text.replace(" to ", "\u00a0to\u00a0");
  }

  /// A row for each set.
  private static String rows(Quality quality) {
    List<Line> lines = lines(quality);
    List<String> header = new ArrayList<>(List.of(""));
    lines.forEach(line -> header.add(line.name()));
    List<List<String>> rows = new ArrayList<>();
    for (int set = 0; set <= quality.samples().size(); set++) {
      int at = set;
      List<String> row = new ArrayList<>(List.of(lines.getFirst().of().get(at).set()));
      lines.forEach(line -> row.add(whole(line.of().get(at).figure())));
      rows.add(row);
    }
    return ComparisonPage.table(header, rows);
  }

  /// The first samples of a set, and those that are nearest to a training image.
  private static String figures(Quality.Sets sets, Quality.Found found, int set) {
    NearestImages nearest = found.nearest().get(set);
    ImageSet samples = sets.samples().get(set).images();
    List<Integer> all = IntStream.range(0, samples.count()).boxed().toList();
    double[] distances = nearest.distances();
    List<Integer> sorted =
        all.stream().sorted(Comparator.comparingDouble(n -> distances[n])).toList();
    String name = name(found.quality().samples().get(set));
    return """
    <h3>The first %s</h3>
    <figure class="large">%s</figure>
    <h3>The %s that are nearest to a training image</h3>
    <figure class="large">%s</figure>
    """
        .formatted(
            samplesOf(name),
            figure(samples, sets.training(), nearest, all),
            samplesOf(name),
            figure(samples, sets.training(), nearest, sorted));
  }

  private static String samplesOf(String name) {
    return name.equals("samples") ? name : "samples by " + name;
  }

  /// Samples, each to the left of its nearest training image.
  private static String figure(
      ImageSet drawn, ImageSet training, NearestImages nearest, List<Integer> samples) {
    int pairs = Math.min(PAIRS, samples.size());
    ImageShape shape = drawn.data().shape().withLevels(ImageShape.MOST_LEVELS);
    float[] images = new float[2 * pairs * shape.values()];
    for (int k = 0; k < pairs; k++) {
      int sample = samples.get(k);
      drawn.shown(sample, images, 2 * k * shape.values());
      training.shown(nearest.images()[sample], images, (2 * k + 1) * shape.values());
    }
    ImageSheet sheet = ImageSheet.of(shape, COLUMNS);
    byte[] png = sheet.png(images, 2 * pairs);
    return "<img alt=\"samples, each to the left of its nearest training image\" width=\"%d\" src=\"data:image/png;base64,%s\">"
        .formatted(sheet.width(2 * pairs), Base64.getEncoder().encodeToString(png));
  }
}
