package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// JPEGs of cyan, magenta, yellow and black, in each of the ways that programs store them.
class JpegInksTest {
  private static final int SIDE = 16;
  private static final int START = 2; // bytes of the marker that begins a file

  /// How inks are stored.
  enum Storage {
    /// As they are.
    PLAIN(""),
    /// As programs of Adobe do: how little ink there is.
    ADOBE("ffee000e41646f626500640000000000"),
    /// The same, the first three as brightness and differences of colour.
    ADOBE_YCCK("ffee000e41646f626500640000000002");

    private final String segment;

    Storage(String segment) {
      this.segment = segment;
    }

    double[] stored(int[] inks) {
      return switch (this) {
        case PLAIN -> new double[] {inks[0], inks[1], inks[2], inks[3]};
        case ADOBE -> new double[] {255 - inks[0], 255 - inks[1], 255 - inks[2], 255 - inks[3]};
        case ADOBE_YCCK -> { // ITU-T T.872, section 6.5: of 255 minus what ADOBE stores
          double y = 0.299 * inks[0] + 0.587 * inks[1] + 0.114 * inks[2];
          double blue = 128 + (inks[2] - y) / 1.772;
          double red = 128 + (inks[0] - y) / 1.402;
          yield new double[] {y, blue, red, 255 - inks[3]};
        }
      };
    }
  }

  @TempDir private Path temp;

  private Path jpeg(Storage storage, int[]... columns) throws IOException {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, columns.length * SIDE, SIDE, 4, null);
    for (int x = 0; x < raster.getWidth(); x++) {
      double[] stored = storage.stored(columns[x / SIDE]);
      for (int y = 0; y < SIDE; y++) {
        for (int band = 0; band < 4; band++) {
          raster.setSample(x, y, band, (int) Math.clamp(Math.rint(stored[band]), 0, 255));
        }
      }
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpg").next();
    var out = new ByteArrayOutputStream();
    try (var image = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(image);
      writer.write(new IIOImage(raster, null, null));
    }
    byte[] plain = out.toByteArray();
    var marked = new ByteArrayOutputStream();
    marked.write(plain, 0, START);
    marked.writeBytes(HexFormat.of().parseHex(storage.segment));
    marked.write(plain, START, plain.length - START);
    return Files.write(temp.resolve("inks.jpg"), marked.toByteArray());
  }

  @ParameterizedTest
  @EnumSource
  void inksBecomeTheLightThatTheyLeave(Storage storage) throws IOException {
    int[][] inks = {
      {0, 0, 0, 0},
      {0, 0, 0, 255},
      {255, 0, 0, 0},
      {0, 255, 0, 0},
      {0, 0, 255, 0},
      {255, 255, 255, 255},
      {200, 100, 50, 0},
      {200, 100, 50, 100},
      {10, 220, 130, 60}
    };
    int[] row = new int[inks.length * SIDE * Picture.SAMPLES];
    PictureFile.read(
        jpeg(storage, inks),
        picture -> {
          picture.row(SIDE / 2, row);
          return row;
        });
    for (int k = 0; k < inks.length; k++) {
      int at = (k * SIDE + SIDE / 2) * Picture.SAMPLES;
      assertThat(row[at + 3]).isEqualTo(255);
      for (int c = 0; c < 3; c++) {
        int light = (255 - inks[k][c]) * (255 - inks[k][3]) / 255;
        assertThat(row[at + c]).as("%s, inks %d, %d", storage, k, c).isCloseTo(light, within(4));
      }
    }
  }

  /// A progressive one begins with another marker, and words may stand between.
  @ParameterizedTest
  @CsvSource({
    "ffee000e41646f626500640000000002, 2",
    "ffee000e41646f624500640000000002, -1",
    "'', -1"
  })
  void anAdobeSegmentIsKnownByItsName(String segment, int adobe) {
    byte[] file =
        HexFormat.of()
            .parseHex("ffd8" + "fffe0004ffee" + segment + "ffc20011080010001004" + "00".repeat(10));
    JpegSegments segments = JpegSegments.of(file);
    assertThat(segments.components()).isEqualTo(4);
    assertThat(segments.adobe()).isEqualTo(adobe);
  }
}
