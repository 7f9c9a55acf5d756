package dev.hindsight.data;

import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Images that are there in any shape, for what asks for a shape and not for pictures.
public final class Noise {
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,4})x(\\d{1,4})x(\\d)");
  private static final int COUNT = 256;

  private Noise() {}

  /// Images of uniform noise, of 256 levels.
  ///
  /// @param shape value of `--shape`: `32x32x3`
  public static Dataset of(String shape) {
    Matcher axes = SHAPE.matcher(shape);
    if (!axes.matches()) {
      throw new UserException(
          "--shape is '%s'; expected HxWxC, such as 32x32x3".formatted(Printable.brief(shape)));
    }
    var of =
        new ImageShape(
            Integer.parseInt(axes.group(1)),
            Integer.parseInt(axes.group(2)),
            Integer.parseInt(axes.group(3)),
            ImageShape.MOST_LEVELS);
    byte[] bytes = new byte[Math.multiplyExact(COUNT, of.values())];
    new Random(0).nextBytes(bytes);
    return new Dataset("noise", of, bytes, null);
  }
}
