package dev.hindsight.format;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;

/// A decoded picture. Its samples are those of the file, brought to 0 to 255: neither profiles nor
/// gamma change them, by which half of a file's scale would be far from half as bright.
public final class Picture {
  /// Of a pixel, as it is given: red, green, blue, and how opaque it is.
  public static final int SAMPLES = 4;

  private static final int MOST = 255;

  private static final int FILL = 0xff; // any number may stand before a marker of a JPEG
  private static final int SCAN = 0xda;
  private static final int ADOBE = 0xee;
  private static final int ADOBE_COLOURS = 15; // bytes behind the marker's first
  private static final int NO_ADOBE = -1;
  private static final int YCCK = 2; // inks as brightness, difference of colours, and black

  private final Raster raster;
  private final Pixels pixels;
  private final int[] samples; // of a row

  /// How a pixel's samples in the file become red, green, blue and opacity.
  private interface Pixels {
    void convert(int[] samples, int from, int[] rgba, int to);
  }

  private Picture(Raster raster, Pixels pixels) {
    this.raster = raster;
    this.pixels = pixels;
    this.samples = new int[raster.getWidth() * raster.getNumBands()];
  }

  /// @throws IOException when it has colours that nobody has described
  static Picture of(BufferedImage image) throws IOException {
    ColorModel model = image.getColorModel();
    Raster raster = image.getRaster();
    if (model instanceof IndexColorModel palette) {
      return new Picture(raster, ofPalette(palette));
    }
    int bands = raster.getNumBands();
    boolean whole =
        switch (model.getTransferType()) {
          case DataBuffer.TYPE_BYTE, DataBuffer.TYPE_USHORT, DataBuffer.TYPE_INT -> true;
          default -> false;
        };
    int colours = bands - (model.hasAlpha() ? 1 : 0);
    boolean known =
        switch (model.getColorSpace().getType()) {
          case ColorSpace.TYPE_GRAY -> colours == 1;
          case ColorSpace.TYPE_RGB -> colours == 3;
          default -> false;
        };
    if (!whole || !known || model.isAlphaPremultiplied()) {
      throw new IOException("colours of a kind that is not read");
    }
    int[] most = new int[bands];
    for (int band = 0; band < bands; band++) {
      most[band] = (1 << model.getComponentSize(band)) - 1;
    }
    return new Picture(raster, colours == 1 ? ofGrey(most) : ofRgb(most));
  }

  /// Of cyan, magenta, yellow and black. A program of Adobe stores how little ink there is.
  static Picture ofInks(Raster raster, byte[] jpeg) {
    int adobe = adobe(jpeg);
    boolean inverted = adobe != NO_ADOBE;
    boolean differences = adobe == YCCK;
    return new Picture(
        raster,
        (samples, from, rgba, to) -> {
          int black = samples[from + 3];
          if (differences) {
            paper(samples, from);
          }
          for (int c = 0; c < 3; c++) {
            int ink = samples[from + c];
            int light = inverted ? ink * black : (MOST - ink) * (MOST - black);
            rgba[to + c] = scaled(light, MOST * MOST);
          }
          rgba[to + 3] = MOST;
        });
  }

  /// What Adobe's segment says of colours. Segments are 0xff, which, length, data (ITU-T T.81,
  /// annex B), up to the coded pixels.
  private static int adobe(byte[] jpeg) {
    int at = 2; // behind the marker that begins a file
    while (at + ADOBE_COLOURS < jpeg.length && (jpeg[at + 1] & 0xff) != SCAN) {
      int marker = jpeg[at + 1] & 0xff;
      if (marker == FILL) {
        at++;
      } else if (marker == ADOBE && new String(jpeg, at + 4, 5, US_ASCII).equals("Adobe")) {
        return jpeg[at + ADOBE_COLOURS] & 0xff;
      } else {
        at += 2 + (((jpeg[at + 2] & 0xff) << 8) | (jpeg[at + 3] & 0xff));
      }
    }
    return NO_ADOBE;
  }

  /// How little ink there is, of brightness and differences of colour (ITU-T T.871, section 7).
  private static void paper(int[] samples, int at) {
    double y = samples[at];
    double blue = samples[at + 1] - 128;
    double red = samples[at + 2] - 128;
    samples[at] = MOST - clamp(y + 1.402 * red);
    samples[at + 1] = MOST - clamp(y - 0.344136 * blue - 0.714136 * red);
    samples[at + 2] = MOST - clamp(y + 1.772 * blue);
  }

  private static int clamp(double value) {
    return (int) Math.clamp(Math.rint(value), 0, MOST);
  }

  private static Pixels ofPalette(IndexColorModel model) {
    int[] colours = new int[Math.max(model.getMapSize(), 1 << model.getPixelSize())];
    for (int k = 0; k < model.getMapSize(); k++) {
      colours[k] = model.getRGB(k);
    }
    return (samples, from, rgba, to) -> {
      int argb = colours[samples[from]];
      rgba[to] = argb >> 16 & MOST;
      rgba[to + 1] = argb >> 8 & MOST;
      rgba[to + 2] = argb & MOST;
      rgba[to + 3] = argb >>> 24;
    };
  }

  private static Pixels ofGrey(int[] most) {
    return (samples, from, rgba, to) -> {
      int grey = scaled(samples[from], most[0]);
      rgba[to] = grey;
      rgba[to + 1] = grey;
      rgba[to + 2] = grey;
      rgba[to + 3] = most.length == 1 ? MOST : scaled(samples[from + 1], most[1]);
    };
  }

  private static Pixels ofRgb(int[] most) {
    return (samples, from, rgba, to) -> {
      rgba[to + 3] = MOST;
      for (int c = 0; c < most.length; c++) {
        rgba[to + c] = scaled(samples[from + c], most[c]);
      }
    };
  }

  private static int scaled(int sample, int most) {
    return most == MOST ? sample : (sample * MOST + most / 2) / most;
  }

  public int height() {
    return raster.getHeight();
  }

  public int width() {
    return raster.getWidth();
  }

  /// Writes the pixels of a row, (width·[#SAMPLES]).
  public void row(int y, int[] rgba) {
    int bands = raster.getNumBands();
    raster.getPixels(raster.getMinX(), raster.getMinY() + y, width(), 1, samples);
    for (int x = 0; x < width(); x++) {
      pixels.convert(samples, x * bands, rgba, x * SAMPLES);
    }
  }
}
