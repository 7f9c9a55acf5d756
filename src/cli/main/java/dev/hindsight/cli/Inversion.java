package dev.hindsight.cli;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.PictureFit;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Whether a given picture becomes its negative: as somebody asked for, else where a grey picture
/// is drawn on paper but the images of the run are bright on black.
final class Inversion {
  /// Of the scale from 0 to 255.
  private static final double BRIGHT = 128;

  /// That of digits is black but for a few; photographs are far above.
  private static final double DARK = 51;

  private static final int LOOKED_AT = 100; // images of the run

  enum Answer {
    YES,
    NO
  }

  /// What is known of a run's images.
  private enum Background {
    DARK,
    OTHER,
    UNKNOWN
  }

  private final @Nullable Answer asked;
  private final ImageShape shape;
  private final Supplier<Dataset> images;
  private final PrintWriter notices;
  private @Nullable Background background; // null until a picture asks

  /// @param asked null where nobody did
  /// @param shape of the fitted pictures
  /// @param images of the run, opened where a picture has a bright background
  /// @param notices is told of each picture that is turned, or might have to be
  Inversion(
      @Nullable Answer asked, ImageShape shape, Supplier<Dataset> images, PrintWriter notices) {
    this.asked = asked;
    this.shape = shape;
    this.images = images;
    this.notices = notices;
  }

  /// A fitted picture, or its negative.
  PictureFit of(Path file, PictureFit fit) {
    if (asked != null) {
      return asked == Answer.YES ? fit.inverted() : fit;
    }
    if (shape.channels() > 1 || edge(value -> fit.values()[value]) < BRIGHT) {
      return fit;
    }
    return switch (background()) {
      case DARK -> {
        notices.printf(
            "%s: inverted, since its background is bright and that of the run's images dark;"
                + " --invert no leaves it as it is%n",
            file);
        yield fit.inverted();
      }
      case UNKNOWN -> {
        notices.printf(
            "%s: has a bright background and stays as it is, since the run's own images cannot be"
                + " read; --invert yes inverts it%n",
            file);
        yield fit;
      }
      case OTHER -> fit;
    };
  }

  private Background background() {
    if (background == null) {
      background = look();
    }
    return background;
  }

  private Background look() {
    try {
      return edge(images.get()) < DARK ? Background.DARK : Background.OTHER;
    } catch (UserException e) {
      return Background.UNKNOWN; // they may be on another machine
    }
  }

  private double edge(Dataset data) {
    int count = Math.min(LOOKED_AT, data.count());
    double sum = 0;
    for (int k = 0; k < count; k++) {
      int image = k;
      sum += edge(value -> data.intensity(image, value));
    }
    return sum / count;
  }

  /// The mean of the pixels at the four sides, where most images have nothing but background.
  private double edge(IntToDoubleFunction values) {
    double sum = 0;
    int count = 0;
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      int row = shape.row(pixel);
      int column = shape.column(pixel);
      boolean first = row == 0 || column == 0;
      if (first || row == shape.height() - 1 || column == shape.width() - 1) {
        sum += values.applyAsDouble(pixel);
        count++;
      }
    }
    return sum / count;
  }
}
