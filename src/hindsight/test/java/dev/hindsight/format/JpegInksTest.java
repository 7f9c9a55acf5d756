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
import java.util.Arrays;
import java.util.HexFormat;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// JPEGs of cyan, magenta, yellow and black, in each of the ways that programs store them.
class JpegInksTest {
  private static final int SIDE = 16;
  private static final int START = 2; // bytes of the marker that begins a file

  private static final String ADOBE = "ffee000e41646f6265006400000000"; // and how, a byte

  @TempDir private Path temp;

  /// What stands for inks where they are stored as they are; as programs of Adobe do, how little
  /// ink there is; or as those do, the first three as brightness and differences (ITU-T T.872).
  private static double[] stored(String segment, int[] inks) {
    if (segment.isEmpty()) {
      return Arrays.stream(inks).asDoubleStream().toArray();
    }
    if (segment.endsWith("00")) {
      return Arrays.stream(inks).mapToDouble(ink -> 255 - ink).toArray();
    }
    double y = 0.299 * inks[0] + 0.587 * inks[1] + 0.114 * inks[2];
    return new double[] {
      y, 128 + (inks[2] - y) / 1.772, 128 + (inks[0] - y) / 1.402, 255 - inks[3]
    };
  }

  private Path jpeg(String segment, int[]... columns) throws IOException {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, columns.length * SIDE, SIDE, 4, null);
    for (int x = 0; x < raster.getWidth(); x++) {
      double[] stored = stored(segment, columns[x / SIDE]);
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
    marked.writeBytes(HexFormat.of().parseHex(segment));
    marked.write(plain, START, plain.length - START);
    return Files.write(temp.resolve("inks.jpg"), marked.toByteArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ADOBE + "00", ADOBE + "02"})
  void inksBecomeTheLightThatTheyLeave(String segment) throws IOException {
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
        jpeg(segment, inks),
        picture -> {
          picture.row(SIDE / 2, row);
          return row;
        });
    for (int k = 0; k < inks.length; k++) {
      int at = (k * SIDE + SIDE / 2) * Picture.SAMPLES;
      assertThat(row[at + 3]).isEqualTo(255);
      for (int c = 0; c < 3; c++) {
        int light = (255 - inks[k][c]) * (255 - inks[k][3]) / 255;
        assertThat(row[at + c]).as("inks %d, colour %d", k, c).isCloseTo(light, within(4));
      }
    }
  }
}
