package dev.hindsight.cli;

import dev.hindsight.image.ImageShape;
import dev.hindsight.train.Likelihood;
import java.util.Locale;

/// A likelihood in words.
final class Figures {
  private Figures() {}

  /// `mnist: 84.321 nats per image (standard error 0.283), 0.15517 bits/dim, 10000 images`. A
  /// single image has no standard error.
  static String line(String what, Likelihood found, ImageShape shape) {
    String error =
        Double.isFinite(found.standardError())
            ? String.format(Locale.ROOT, " (standard error %.3f)", found.standardError())
            : "";
    return String.format(
        Locale.ROOT,
        "%s: %.3f nats per image%s, %.5f bits/dim, %d images",
        what,
        found.nats(),
        error,
        found.bitsPerDim(shape),
        found.images());
  }
}
