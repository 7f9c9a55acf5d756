package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GivenImagesTest {
  private static final String WANTED = "give a PNG, JPEG, GIF or BMP of at most 8192 x 8192 pixels";
  private static final int HEADER = 33; // bytes of a PNG's signature and first chunk

  @TempDir private Path temp;

  /// As they are.
  static float[] read(List<Path> files, ImageShape shape) {
    return read(files, shape, false, new StringWriter());
  }

  private static float[] read(
      List<Path> files, ImageShape shape, boolean invert, StringWriter said) {
    return GivenImages.read(files, shape, PictureOptions.USUAL, invert, new PrintWriter(said));
  }

  private Path png(BufferedImage image) throws IOException {
    Path file = temp.resolve("given.png");
    assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    return file;
  }

  /// What a file says is a level of its own scale; ImageIO would brighten it as for a screen.
  @ParameterizedTest
  @CsvSource({
    "BYTE_GRAY, 54, 0",
    "BYTE_GRAY, 55, 0",
    "BYTE_GRAY, 127, 0",
    "BYTE_GRAY, 128, 1",
    "BYTE_GRAY, 255, 1",
    "USHORT_GRAY, 14000, 0",
    "USHORT_GRAY, 32767, 0",
    "USHORT_GRAY, 32768, 1",
    "BYTE_BINARY, 0, 0",
    "BYTE_BINARY, 1, 1",
    "INT_RGB, 127, 0",
    "INT_RGB, 128, 1"
  })
  void moreThanHalfIsWhite(String type, int level, float wanted) throws IOException {
    int code =
        switch (type) {
          case "BYTE_GRAY" -> BufferedImage.TYPE_BYTE_GRAY;
          case "USHORT_GRAY" -> BufferedImage.TYPE_USHORT_GRAY;
          case "BYTE_BINARY" -> BufferedImage.TYPE_BYTE_BINARY;
          default -> BufferedImage.TYPE_INT_RGB;
        };
    BufferedImage image = new BufferedImage(28, 28, code);
    for (int band = 0; band < image.getRaster().getNumBands(); band++) {
      image.getRaster().setSample(5, 3, band, level);
    }
    float[] read = read(List.of(png(image)), ImageShape.MNIST);
    for (int k = 0; k < 784; k++) {
      assertThat(read[k]).as("pixel %d", k).isEqualTo(k == 3 * 28 + 5 ? wanted : 0);
    }
  }

  /// Columns of two pixels, of eight.
  private Path colours(int... columns) throws IOException {
    var image = new BufferedImage(8, 2, BufferedImage.TYPE_INT_RGB);
    for (int k = 0; k < 16; k++) {
      image.setRGB(k % 8, k / 8, columns[k % 8]);
    }
    return png(image);
  }

  @Test
  void coloursAreMeansOfEachChannelAndGreyIsTheirLuma() throws IOException {
    int red = 0xff0000;
    int green = 0x00ff00;
    int blue = 0x0000ff;
    int grey = 0x808080;
    List<Path> file = List.of(colours(red, red, green, green, blue, blue, grey, grey));
    assertThat(read(file, new ImageShape(1, 4, 3, 256)))
        .containsExactly(255, 0, 0, 0, 255, 0, 0, 0, 255, 128, 128, 128);
    assertThat(read(file, new ImageShape(1, 4, 1, 256))).containsExactly(76, 150, 29, 128);
    assertThat(read(file, new ImageShape(1, 4, 1, 4))).containsExactly(1, 2, 0, 2);
    assertThat(read(file, new ImageShape(1, 4))).containsExactly(0, 1, 0, 1);
  }

  @Test
  void aNegativeHasTheRestOfEachValue() throws IOException {
    List<Path> file =
        List.of(colours(0xff0000, 0xff0000, 0x102030, 0x102030, 0, 0, 0xffffff, 0xffffff));
    StringWriter said = new StringWriter();
    assertThat(read(file, new ImageShape(1, 4, 3, 256), true, said))
        .containsExactly(0, 255, 255, 239, 223, 207, 255, 255, 255, 0, 0, 0);
    assertThat(read(file, new ImageShape(1, 4), true, said)).containsExactly(1, 1, 1, 0);
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void strokesOfTheBackgroundsColourAreSaid() throws IOException {
    var image = new BufferedImage(5, 5, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(2, 2, 0xffffffff);
    List<Path> file = List.of(png(image));
    StringWriter said = new StringWriter();
    var shape = new ImageShape(5, 5, 1, 256);
    assertThat(read(file, shape, false, said)).containsOnly(255);
    assertThat(said.toString().lines())
        .containsExactly(
            file.getFirst()
                + ": is blank on ffffff, since only its transparency shows anything;"
                + " --background 000000 shows it");
  }

  private static void chunk(ByteBuffer out, String name, byte[] data) {
    byte[] body =
        ByteBuffer.allocate(4 + data.length)
            .put(name.getBytes(StandardCharsets.US_ASCII))
            .put(data)
            .array();
    var sum = new CRC32();
    sum.update(body);
    out.putInt(data.length).put(body).putInt((int) sum.getValue());
  }

  /// A chunk of 300 bytes may hold 256 KiB of words, and nobody reads them.
  @ParameterizedTest
  @ValueSource(ints = {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_BYTE_BINARY})
  void packedWordsAreNotUnpacked(int type) throws IOException {
    var image = new BufferedImage(28, 28, type);
    image.getRaster().setSample(0, 0, 0, 255);
    byte[] plain = Files.readAllBytes(png(image));
    var packed = new ByteArrayOutputStream();
    packed.writeBytes(new byte[] {'a', 0, 0});
    try (var words = new DeflaterOutputStream(packed)) {
      words.write(new byte[256 << 10]);
    }
    ByteBuffer padded = ByteBuffer.allocate(plain.length + 400 * (packed.size() + 12));
    padded.put(plain, 0, HEADER);
    for (int n = 0; n < 400; n++) {
      chunk(padded, "zTXt", packed.toByteArray());
    }
    padded.put(plain, HEADER, plain.length - HEADER);
    Path file = Files.write(temp.resolve("words.png"), padded.array());
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    float[] read = read(List.of(file), ImageShape.MNIST);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(20 << 20);
    assertThat(read).startsWith(1, 0, 0).hasSize(784);
  }

  @Test
  void aFileThatIsMuchTooLongIsNotRead() throws IOException {
    Path file = png(new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY));
    try (var longer = new RandomAccessFile(file.toFile(), "rw")) {
      longer.setLength((32 << 20) + 1); // takes no room
    }
    assertThatThrownBy(() -> read(List.of(file), ImageShape.MNIST))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("has 33554433 bytes; expected a picture of at most 32 MiB");
  }

  /// Java's decoders of others fail in ways that nobody has listed.
  @ParameterizedTest
  @ValueSource(strings = {"tif", "wbmp"})
  void otherFormatsAreRefusedByTheirFirstBytes(String format) throws IOException {
    var image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_BINARY);
    Path file = temp.resolve("image.png"); // the name says nothing
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    assertThatThrownBy(() -> read(List.of(file), ImageShape.MNIST))
        .isInstanceOf(UserException.class)
        .hasMessage(file + ": is no picture; " + WANTED);
  }

  @Test
  void anEmptyFileAndAPipeAreRefused() throws Exception {
    Path empty = Files.createFile(temp.resolve("empty.png"));
    assertThatThrownBy(() -> read(List.of(empty), ImageShape.MNIST))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is empty");
    Path pipe = temp.resolve("pipe.png");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> read(List.of(pipe), ImageShape.MNIST))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("cannot be read (it is a pipe or a device, not a file)");
  }
}
