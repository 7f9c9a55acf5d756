package dev.hindsight.play;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.List;

/// Digits to begin with: the first ten of the embedded test set, which no model was trained on,
/// shrunk or stretched to the size of the images.
final class Beginnings {
  private static final int DIGITS = 10;

  private Beginnings() {}

  /// Each as characters 0 and 1, one a pixel.
  static List<String> digits(ImageShape shape) {
    var data = Datasets.open(Datasets.EMBEDDED, Split.TEST);
    Batches batches = Batches.evaluation(data, DIGITS, Binarize.THRESHOLD, RandomKey.of(0));
    Batch first = batches.epoch(0).iterator().next();
    ImageShape from = data.shape();
    List<String> digits = new ArrayList<>();
    for (int k = 0; k < DIGITS; k++) {
      StringBuilder text = new StringBuilder();
      for (int p = 0; p < shape.pixels(); p++) {
        int row = shape.row(p) * from.height() / shape.height();
        int column = shape.column(p) * from.width() / shape.width();
        int at = k * from.pixels() + row * from.width() + column;
        text.append(first.pixels()[at] == 0 ? '0' : '1');
      }
      digits.add(text.toString());
    }
    return digits;
  }
}
