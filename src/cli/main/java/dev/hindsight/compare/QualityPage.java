package dev.hindsight.compare;

import dev.hindsight.format.AtomicFile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.quality.Estimate;
import dev.hindsight.quality.NearestImages;
import dev.hindsight.quality.Quality;
import dev.hindsight.quality.Quality.Row;
import dev.hindsight.sample.ImageSheet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
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
    double[] distances = found.nearest().distances();
    List<Integer> nearest =
        IntStream.range(0, distances.length)
            .boxed()
            .sorted(Comparator.comparingDouble(n -> distances[n]))
            .toList();
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
            "first",
            figure(sets, found.nearest(), IntStream.range(0, distances.length).boxed().toList()),
            "nearest",
            figure(sets, found.nearest(), nearest));
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

  /// A figure with its name: of test images, which are the scale, and of samples.
  public record Line(String name, String testImages, String samples) {}

  /// All figures.
  public static List<Line> lines(Quality quality) {
    return List.of(
        line(quality, "Fréchet distance", "%.4f", Row::frechetDistance),
        line(quality, "precision", "%.3f", Row::precision),
        line(quality, "recall", "%.3f", Row::recall),
        line(quality, "bits/dim", "%.4f", Row::bitsPerDim),
        line(quality, "nearest training image", "%.4f", Row::nearest),
        line(quality, "copies", "%.3f", Row::copies));
  }

  private static Line line(
      Quality quality, String name, String format, Function<Row, Estimate> figure) {
    return new Line(
        name,
        text(figure.apply(quality.testImages()), format),
        text(figure.apply(quality.samples()), format));
  }

  private static String text(Estimate figure, String format) {
    String all = format + " (" + format + " to " + format + ")";
    return String.format(Locale.ROOT, all, figure.value(), figure.low(), figure.high());
  }

  /// An interval stays on a line.
  private static String whole(String text) {
    return text.replace(" to ", "\u00a0to\u00a0");
  }

  private static String rows(Quality quality) {
    List<List<String>> rows =
        lines(quality).stream()
            .map(line -> List.of(line.name(), whole(line.testImages()), whole(line.samples())))
            .toList();
    return ComparisonPage.table(List.of("", "test images", "samples"), rows);
  }

  /// Samples, each to the left of its nearest training image.
  private static String figure(Quality.Sets sets, NearestImages nearest, List<Integer> samples) {
    int pairs = Math.min(PAIRS, samples.size());
    ImageShape shape = sets.samples().data().shape().withLevels(ImageShape.MOST_LEVELS);
    float[] images = new float[2 * pairs * shape.values()];
    for (int k = 0; k < pairs; k++) {
      int sample = samples.get(k);
      sets.samples().shown(sample, images, 2 * k * shape.values());
      sets.training().shown(nearest.images()[sample], images, (2 * k + 1) * shape.values());
    }
    ImageSheet sheet = ImageSheet.of(shape, COLUMNS);
    byte[] png = sheet.png(images, 2 * pairs);
    return "<img alt=\"samples, each to the left of its nearest training image\" width=\"%d\" src=\"data:image/png;base64,%s\">"
        .formatted(sheet.width(2 * pairs), Base64.getEncoder().encodeToString(png));
  }
}
