package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.image.ImageShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureDecoderTest extends PictureFixture {
  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "gif"})
  void readsColoursExactly(String format) throws IOException {
    int[] colours = {0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x123456};
    var image = new BufferedImage(1, colours.length, RGB);
    for (int y = 0; y < colours.length; y++) {
      image.setRGB(0, y, colours[y]);
    }
    write("a." + format, image);
    write("b." + format, image);
    Dataset read = train();
    assertThat(read.shape()).isEqualTo(new ImageShape(6, 1, 3, 256));
    assertThat(values(read, 0))
        .containsExactly(0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0x12, 0x34, 0x56);
  }

  @Test
  void readsJpegAsFarAsItKnows() throws IOException {
    for (String name : List.of("a.jpg", "b.JPEG")) {
      write(name, plain(RGB, 16, 16, 0x2040c0));
    }
    int[] read = values(train(), 0);
    for (int k = 0; k < read.length; k++) {
      assertThat(read[k]).isCloseTo(new int[] {0x20, 0x40, 0xc0}[k % 3], within(3));
    }
  }

  @Test
  void sixteenBitsBecomeEight() throws IOException {
    var image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x8080);
    image.getRaster().setSample(1, 0, 0, 65535);
    write("a.png", image);
    write("b.png", image);
    assertThat(values(train(), 0)).containsExactly(0x80, 255);
  }

  @Test
  void oneColouredPixelMakesAllColoured() throws IOException {
    greys(3);
    assertThat(train().shape()).isEqualTo(new ImageShape(4, 5, 1, 256));
    BufferedImage last = plain(RGB, 4, 5, 0x070707);
    last.setRGB(4, 3, 0x070708);
    write("z.png", last);
    assertThat(train().shape()).isEqualTo(new ImageShape(4, 5, 3, 256));
    assertThat(open(Split.TRAIN, options(null, 1, null)).shape())
        .isEqualTo(new ImageShape(4, 5, 1, 256));
  }

  @ParameterizedTest
  @CsvSource({"ff0000, 76", "00ff00, 150", "0000ff, 29", "ffffff, 255", "102030, 29"})
  void greyIsTheLuma(String colour, int grey) throws IOException {
    for (String name : List.of("a.png", "b.png")) {
      write(name, plain(RGB, 2, 2, Integer.parseInt(colour, 16)));
    }
    assertThat(values(open(Split.TRAIN, options(null, 1, null)), 0)).containsOnly(grey);
  }

  @Test
  void transparencyLetsTheBackgroundThrough() throws IOException {
    BufferedImage image = plain(ARGB, 1, 3, 0);
    image.setRGB(0, 0, 0xff102030);
    image.setRGB(1, 0, 0x80ff0000);
    image.setRGB(2, 0, 0x00ff0000); // nothing is seen of it
    write("a.png", image);
    write("b.png", image);
    assertThat(values(train(), 0)).containsExactly(0x10, 0x20, 0x30, 255, 127, 127, 255, 255, 255);
    assertThat(values(open(Split.TRAIN, options(null, null, "0000FF")), 0))
        .containsExactly(0x10, 0x20, 0x30, 128, 0, 127, 0, 0, 255);
  }

  @Test
  void picturesAreFittedByTheMeanOfTheirMiddle() throws IOException {
    BufferedImage wide = plain(RGB, 2, 6, 0xffffff); // two columns at each side are cut off
    wide.setRGB(2, 0, 0x000000);
    wide.setRGB(2, 1, 0x640000);
    wide.setRGB(3, 0, 0x006400);
    wide.setRGB(3, 1, 0x000064);
    write("wide.png", wide);
    write("high.png", plain(RGB, 9, 3, 0x050505));
    Dataset read = open(Split.TRAIN, options("1x2", null, null));
    assertThat(read.shape()).isEqualTo(new ImageShape(1, 2, 3, 256));
    Dataset square = open(Split.TRAIN, options("2", 3, null));
    assertThat(square.shape()).isEqualTo(new ImageShape(2, 2, 3, 256));
    Set<List<Integer>> all = new HashSet<>();
    for (Split split : Split.values()) {
      Dataset part = open(split, options("2", 3, null));
      all.add(Arrays.stream(values(part, 0)).boxed().toList());
    }
    assertThat(all)
        .containsExactlyInAnyOrder(
            List.of(0, 0, 0, 0, 100, 0, 100, 0, 0, 0, 0, 100),
            List.of(5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5));
  }

  @ParameterizedTest
  @CsvSource({"1, '7 7 9 9 7 7'", "3, '7 7 7 7 7 7 9 9 9 9 9 9 7 7 7 7 7 7'"})
  void allOfAPictureIsKeptWithTheBackgroundAroundIt(int channels, String values)
      throws IOException {
    for (String name : List.of("a.png", "b.png")) {
      write(name, plain(RGB, 2, 4, 0x090909)); // becomes 1 x 2
    }
    int[] wanted = Arrays.stream(values.split(" ")).mapToInt(Integer::parseInt).toArray();
    PictureOptions options = options("3x2", channels, "070707");
    assertThat(values(open(Split.TRAIN, options.with(null, null, null, Fit.CONTAIN)), 0))
        .containsExactly(wanted);
    assertThat(values(open(Split.TRAIN, options), 0)).containsOnly(9);
  }

  /// Of margins of a third of a pixel, the background has its share.
  @Test
  void theMarginMayEndWithinAPixel() throws IOException {
    for (String name : List.of("a.png", "b.png")) {
      write(name, plain(GREY, 3, 1, 90));
    }
    PictureOptions options = options("2", 1, "000000").with(null, null, null, Fit.CONTAIN);
    assertThat(values(open(Split.TRAIN, options), 0)).containsExactly(30, 30, 30, 30);
  }

  @Test
  void strokesOnTransparencyThatAreNotSeenAreSaid() throws IOException {
    BufferedImage strokes = plain(ARGB, 4, 5, 0x00ffffff);
    strokes.setRGB(2, 2, 0xffffffff);
    write("a.png", strokes);
    write("b.png", strokes);
    write("c.png", plain(ARGB, 4, 5, 0x00ffffff)); // holds nothing
    write("d.png", plain(RGB, 4, 5, 0xffffff));
    for (int round = 0; round < 2; round++) { // the second of the cache
      train();
      assertThat(notices)
          .containsExactly(
              folder
                  + ": 2 of 4 pictures are blank on ffffff, since only their transparency shows"
                  + " anything; --background 000000 shows them");
      notices.clear();
    }
    open(Split.TRAIN, options(null, null, "000000"));
    assertThat(notices).isEmpty();
  }

  @Test
  void theFirstImageOfAnAnimationIsRead() throws IOException {
    for (String name : List.of("a.gif", "b.gif")) {
      ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
      try (var out = ImageIO.createImageOutputStream(folder.resolve(name).toFile())) {
        writer.setOutput(out);
        writer.prepareWriteSequence(null);
        writer.writeToSequence(new IIOImage(plain(GREY, 5, 2, 7), null, null), null);
        writer.writeToSequence(new IIOImage(plain(GREY, 5, 2, 8), null, null), null);
        writer.endWriteSequence();
      }
    }
    assertThat(values(train(), 0)).containsOnly(7);
  }

  /// Whose rows Java's decoder mixes up.
  @Test
  void refusesALowInterlacedGif() throws IOException {
    write("a.gif", plain(GREY, 4, 2, 7));
    write("b.gif", plain(GREY, 4, 2, 7));
    refuses("a.gif: cannot be read (interlaced with fewer than 5 rows)");
  }

  @Test
  void refusesAChunkWithAWrongChecksum() throws IOException {
    greys(1);
    Path file = write("a.png", plain(GREY, 4, 5, 7));
    byte[] bytes = Files.readAllBytes(file);
    bytes[29] ^= 1; // in the checksum of the header
    Files.write(file, bytes);
    refuses("a.png: cannot be read (damaged: the CRC of the chunk at byte 8 is wrong)");
  }

  @Test
  void refusesAHeaderThatClaimsMore() throws IOException {
    greys(2);
    byte[] bmp = new byte[2000];
    ByteBuffer.wrap(bmp)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 'B')
        .put((byte) 'M')
        .putInt(10, 54 + 1024)
        .putInt(14, 40)
        .putInt(18, 30_000)
        .putInt(22, 30_000)
        .putShort(26, (short) 1)
        .putShort(28, (short) 8)
        .putInt(30, 1); // run lengths, which may be short
    Files.write(folder.resolve("0.bmp"), bmp);
    refuses("0.bmp: has 30000 x 30000 pixels; give a PNG, JPEG, GIF or BMP of at most 8192 x 8192");
    bmp[13] = 0x7f; // pixels begin far behind the end
    Files.write(folder.resolve("0.bmp"), bmp);
    refuses("0.bmp: cannot be read (it ends in the middle)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpg", "gif", "bmp"})
  void refusesATruncatedFile(String format) throws IOException {
    var image = new BufferedImage(40, 40, RGB);
    Random random = new Random(1);
    for (int k = 0; k < 1600; k++) {
      image.setRGB(k % 40, k / 40, random.nextInt(1 << 24));
    }
    Path file = write("a." + format, image);
    byte[] whole = Files.readAllBytes(file);
    Files.write(folder.resolve("b." + format), whole);
    assertThat(train().count()).isEqualTo(1);
    for (int length : new int[] {3, 20, whole.length / 2, whole.length - 40}) {
      Files.write(file, Arrays.copyOf(whole, length));
      refuses("a." + format + ": ");
    }
  }
}
