package dev.hindsight.play;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.DataSource;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.RunData;
import dev.hindsight.train.StoredRun;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Images to begin with, which no model was trained on: the first ten test images of a run's data
/// set. Where that is MNIST or cannot be opened they are the embedded test digits, shrunk or
/// stretched to the size of the images.
///
/// @param kind what the page calls one
/// @param images (D) levels of each
record Beginnings(String kind, List<float[]> images) {
  private static final int MOST = 10;
  private static final String DIGITS = "mnist"; // of which the embedded ones are some

  static Beginnings of(StoredRun run) {
    ImageShape shape = run.config().model().shape();
    Dataset own = testImages(run.config().data(), shape);
    return own == null
        ? new Beginnings("digit", digits(shape))
        : new Beginnings("test image", first(own));
  }

  /// Those of a run's data; null where nobody finds them here, in this size.
  private static @Nullable Dataset testImages(RunData data, ImageShape shape) {
    if (data.name().equals(DIGITS) || data.name().equals(Datasets.EMBEDDED)) {
      return null;
    }
    try {
      var source = new DataSource(data.name(), data.pictures(), true);
      Dataset found =
          Datasets.open(source, Split.TEST, _ -> {}).first(MOST).withLevels(shape.levels());
      return found.shape().equals(shape) ? found : null;
    } catch (UserException _) {
      return null;
    }
  }

  private static List<float[]> first(Dataset data) {
    Batches batches = Batches.evaluation(data, MOST, Binarize.THRESHOLD, RandomKey.of(0));
    Batch first = batches.epoch(0).iterator().next();
    int values = data.shape().values();
    List<float[]> images = new ArrayList<>();
    for (int k = 0; k < batches.size(); k++) {
      images.add(Arrays.copyOfRange(first.pixels(), k * values, (k + 1) * values));
    }
    return images;
  }

  private static List<float[]> digits(ImageShape shape) {
    Dataset data = Datasets.open(Datasets.EMBEDDED, Split.TEST).first(MOST);
    return first(data.withLevels(shape.levels())).stream()
        .map(digit -> resized(digit, data.shape(), shape))
        .toList();
  }

  /// Each pixel is the nearest one of a grey image, in all channels.
  private static float[] resized(float[] grey, ImageShape from, ImageShape to) {
    float[] image = new float[to.values()];
    for (int value = 0; value < image.length; value++) {
      int pixel = to.pixel(value);
      int row = to.row(pixel) * from.height() / to.height();
      int column = to.column(pixel) * from.width() / to.width();
      image[value] = grey[row * from.width() + column];
    }
    return image;
  }

  /// As the page gets them.
  List<String> texts() {
    return images.stream().map(LevelText::of).toList();
  }
}
