package dev.hindsight.format;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// At most 256 colours, each with a number: all that a GIF can show.
public final class Palette {
  private static final int BITS = 8;
  private static final int MOST = 1 << BITS;
  private static final int NONE_CLEAR = -1; // no number of a transparent colour
  private static final int COLOURS = 1 << 24; // that there are, 0xrrggbb

  /// All greys, from 0, black, to 255, white.
  public static final Palette GREY = new Palette(null);

  private final @Nullable IndexColorModel model; // null of greys

  private Palette(@Nullable IndexColorModel model) {
    this.model = model;
  }

  /// Pixels in the colours of a palette.
  ///
  /// @param numbers of the colours
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Painted(Palette palette, byte[] numbers) {}

  /// Chooses colours for some pixels: their own where there are few enough, else those of a
  /// [MedianCut].
  ///
  /// @param rgb red, green and blue of each
  /// @param kept colours that the palette has as they are, 0xrrggbb; they are its first
  public static Painted paint(byte[] rgb, int... kept) {
    int[] table = new int[COLOURS]; // how often each occurs, then its number
    for (int k = 0; k < rgb.length; k += 3) {
      table[colour(rgb, k)]++;
    }
    int[] palette = Arrays.copyOf(kept, MOST);
    for (int colour : kept) {
      table[colour] = 0;
    }
    int used = kept.length;
    var cut = new MedianCut(table);
    for (MedianCut.Box box : cut.boxes(MOST - kept.length)) {
      palette[used] = cut.mean(box);
      cut.number(box, used, table);
      used++;
    }
    for (int k = 0; k < kept.length; k++) {
      table[kept[k]] = k;
    }
    byte[] numbers = new byte[rgb.length / 3];
    for (int k = 0; k < numbers.length; k++) {
      numbers[k] = (byte) table[colour(rgb, 3 * k)];
    }
    var model =
        new IndexColorModel(BITS, MOST, palette, 0, false, NONE_CLEAR, DataBuffer.TYPE_BYTE);
    return new Painted(new Palette(model), numbers);
  }

  private static int colour(byte[] rgb, int at) {
    return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | (rgb[at + 2] & 0xff);
  }

  /// An image of these numbers.
  BufferedImage image(int width, int height, byte[] numbers) {
    BufferedImage image =
        model == null
            ? new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY)
            : new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, model);
    image.getRaster().setDataElements(0, 0, width, height, numbers);
    return image;
  }
}
