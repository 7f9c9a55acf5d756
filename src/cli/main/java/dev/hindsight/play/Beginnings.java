package dev.hindsight.play;

import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.List;

/// Digits to begin with: the first ten of the embedded test set, which no model was trained on.
final class Beginnings {
  private static final int DIGITS = 10;

  private Beginnings() {}

  /// Each as 784 characters 0 and 1.
  static List<String> digits() {
    var data = Datasets.open(Datasets.EMBEDDED, Split.TEST);
    Batches batches = Batches.evaluation(data, DIGITS, Binarize.THRESHOLD, RandomKey.of(0));
    Batch first = batches.epoch(0).iterator().next();
    List<String> digits = new ArrayList<>();
    for (int k = 0; k < DIGITS; k++) {
      StringBuilder text = new StringBuilder();
      for (int p = 0; p < 784; p++) {
        text.append(first.pixels()[k * 784 + p] == 0 ? '0' : '1');
      }
      digits.add(text.toString());
    }
    return digits;
  }
}
