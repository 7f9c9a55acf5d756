package dev.hindsight.data;

import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How pictures become images of one shape.
///
/// @param height of an image, 0 where all pictures must have one size, as `width`
/// @param channels 1 or 3; 0: 3 where any picture has a pixel that is not grey
/// @param background `RRGGBB`, on which what is transparent is laid
/// @param fit of pictures whose proportions are others
public record PictureOptions(int height, int width, int channels, String background, Fit fit) {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");
  private static final Pattern COLOUR = Pattern.compile("[0-9a-f]{6}");

  /// Pictures stay what they are; what is transparent is white.
  public static final PictureOptions USUAL = new PictureOptions(0, 0, 0, "ffffff", Fit.COVER);

  public PictureOptions {
    if ((height != 0 || width != 0) && !ImageShape.isPossible(height, width)) {
      throw new UserException(
          "--size %dx%d cannot be; sides may be 1 to %d pixels long, and an image have 2 to %d"
              .formatted(height, width, ImageShape.LONGEST_SIDE, ImageShape.MOST_PIXELS));
    }
    if (channels != 0 && channels != 1 && channels != 3) {
      throw new UserException(
          "--channels must be 1, grey, or 3, red, green and blue, but is " + channels);
    }
    if (!COLOUR.matcher(background).matches()) {
      throw new UserException(
          "--background is '%s'; expected RRGGBB in hexadecimal, such as 000000 for black"
              .formatted(Printable.brief(background)));
    }
  }

  /// These with the words of a command line, each null where it was not given.
  ///
  /// @param size `N` or `HEIGHTxWIDTH`
  public PictureOptions with(
      @Nullable String size,
      @Nullable Integer others,
      @Nullable String behind,
      @Nullable Fit fitted) {
    int newHeight = height;
    int newWidth = width;
    if (size != null) {
      Matcher sides = SIZE.matcher(size);
      if (!sides.matches()) {
        throw new UserException(
            "--size is '%s'; expected N or HEIGHTxWIDTH, such as 32 or 28x28"
                .formatted(Printable.brief(size)));
      }
      newHeight = Integer.parseInt(sides.group(1));
      newWidth = sides.group(2) == null ? newHeight : Integer.parseInt(sides.group(2));
      if (!ImageShape.isPossible(newHeight, newWidth)) {
        throw new UserException(
            "--size is %s; sides may be 1 to %d pixels long, and an image have 2 to %d"
                .formatted(size, ImageShape.LONGEST_SIDE, ImageShape.MOST_PIXELS));
      }
    }
    return new PictureOptions(
        newHeight,
        newWidth,
        others == null ? channels : others,
        behind == null ? background : behind.toLowerCase(Locale.ROOT),
        fitted == null ? fit : fitted);
  }

  /// Whether pictures are fitted to a size.
  boolean fits() {
    return height != 0;
  }

  /// The first option that was given, null where none was.
  @Nullable String given() {
    if (fits()) {
      return "--size";
    }
    if (channels != 0) {
      return "--channels";
    }
    if (fit != USUAL.fit) {
      return "--fit";
    }
    return background.equals(USUAL.background) ? null : "--background";
  }

  /// A background on which strokes are seen that are not seen on this one.
  public String otherBackground() {
    return background(1) < 128 ? "ffffff" : "000000"; // by green, the brightest
  }

  /// Red, green or blue of the background.
  int background(int colour) {
    return Integer.parseInt(background, 2 * colour, 2 * colour + 2, 16);
  }
}
