package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFolderTest {
  private static final int GREY = BufferedImage.TYPE_BYTE_GRAY;
  private static final int RGB = BufferedImage.TYPE_INT_RGB;
  private static final int ARGB = BufferedImage.TYPE_INT_ARGB;

  @TempDir Path parent;
  private Path folder;
  private Path cache;
  private final List<String> notices = new ArrayList<>();
  private long decoded;

  private final Opening opening =
      new Opening() {
        @Override
        public void notice(String line) {
          notices.add(line);
        }

        @Override
        public void progress(String what, String unit, long done, long all) {
          decoded++;
        }
      };

  @BeforeEach
  void folder() throws IOException {
    folder = Files.createDirectory(parent.resolve("set"));
    cache = parent.resolve("cache");
  }

  private Dataset open(Split split, PictureOptions options) {
    return new Datasets(cache, List.of(), CifarArchive.USUAL, new Download(opening), opening)
        .find(new DataSource(folder.toString(), options, true), split);
  }

  private Dataset train() {
    return open(Split.TRAIN, PictureOptions.USUAL);
  }

  private Dataset test() {
    return open(Split.TEST, PictureOptions.USUAL);
  }

  private static PictureOptions options(
      @Nullable String size, @Nullable Integer channels, @Nullable String background) {
    return PictureOptions.of(size, channels, background);
  }

  private void refuses(PictureOptions options, String... parts) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> open(Split.TRAIN, options))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  private void refuses(String... parts) {
    refuses(PictureOptions.USUAL, parts);
  }

  private static BufferedImage plain(int type, int height, int width, int rgb) {
    var image = new BufferedImage(width, height, type);
    for (int k = 0; k < height * width; k++) {
      if (type == GREY) {
        image.getRaster().setSample(k % width, k / width, 0, rgb & 0xff);
      } else {
        image.setRGB(k % width, k / width, rgb);
      }
    }
    return image;
  }

  private Path write(String name, BufferedImage image) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.substring(name.lastIndexOf('.') + 1);
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    return file;
  }

  /// So many grey pictures of 4x5, each of its own grey.
  private void greys(int count) throws IOException {
    for (int k = 0; k < count; k++) {
      write("%03d.png".formatted(k), plain(GREY, 4, 5, k));
    }
  }

  private static List<Integer> firstValues(Dataset data) {
    return IntStream.range(0, data.count()).mapToObj(k -> data.intensity(k, 0)).toList();
  }

  private static int[] values(Dataset data, int image) {
    return IntStream.range(0, data.shape().values())
        .map(value -> data.intensity(image, value))
        .toArray();
  }

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
      assertThat(read[k]).isCloseTo(new int[] {0x20, 0x40, 0xc0}[k % 3], offset(3));
    }
  }

  private static org.assertj.core.data.Offset<Integer> offset(int most) {
    return org.assertj.core.data.Offset.offset(most);
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
  void greyPicturesAreTheSameBytesWithThreeChannels() throws IOException {
    greys(20);
    Dataset grey = train();
    Dataset coloured = open(Split.TRAIN, options(null, 3, null));
    assertThat(coloured.shape().channels()).isEqualTo(3);
    for (int k = 0; k < grey.bytes().length; k++) {
      for (int c = 0; c < 3; c++) {
        assertThat(coloured.bytes()[3 * k + c]).isEqualTo(grey.bytes()[k]);
      }
    }
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
  void whatIsHiddenBehindTransparencyHasNoColour() throws IOException {
    for (String name : List.of("a.png", "b.png")) {
      write(name, plain(ARGB, 2, 2, 0x00ff0000));
    }
    assertThat(train().shape()).isEqualTo(new ImageShape(2, 2, 1, 256));
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

  @Test
  void aTenthIsForTestsAndAlwaysTheSame() throws IOException {
    greys(25);
    Dataset train = train();
    Dataset test = test();
    assertThat(train.split()).isEqualTo("test: 1 in 10, drawn by seed 0").isEqualTo(test.split());
    assertThat(train.count()).isEqualTo(23);
    assertThat(firstValues(test)).hasSize(2).doesNotContainAnyElementsOf(firstValues(train));
    assertThat(firstValues(train)).isSorted().doesNotHaveDuplicates();
    cache = parent.resolve("another");
    assertThat(test().sha256()).isEqualTo(test.sha256());
    assertThat(train().sha256()).isEqualTo(train.sha256());
  }

  @Test
  void foldersAreClassesInTheOrderOfTheirNames() throws IOException {
    String[] classes = {"äpfel", "кот", "猫"};
    for (int k = 0; k < classes.length; k++) {
      for (int n = 0; n < 4; n++) {
        write(classes[2 - k] + "/deep/er/" + n + ".png", plain(GREY, 2, 2, 10 * (2 - k) + n));
      }
    }
    Files.createDirectory(folder.resolve("empty"));
    for (Split split : Split.values()) {
      Dataset data = open(split, PictureOptions.USUAL);
      for (int k = 0; k < data.count(); k++) {
        assertThat(data.label(k)).isEqualTo(data.intensity(k, 0) / 10);
      }
    }
    write("alone.png", plain(GREY, 2, 2, 1));
    assertThat(train().hasLabels()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"test", "val"})
  void foldersMayBeTheSplits(String tests) throws IOException {
    write("train/cat/1.png", plain(GREY, 2, 2, 1));
    write("train/dog/2.png", plain(GREY, 2, 2, 2));
    write(tests + "/dog/3.png", plain(GREY, 2, 2, 3));
    write("other/4.png", plain(GREY, 2, 2, 4));
    assertThat(firstValues(train())).containsExactly(1, 2);
    assertThat(firstValues(test())).containsExactly(3);
    assertThat(test().label(0)).isEqualTo(1);
    assertThat(test().split()).isEqualTo("test: the folder " + tests);
  }

  @Test
  void hiddenFilesAreLeftOutAndOthersCounted() throws IOException {
    greys(3);
    write(".hidden.png", plain(GREY, 9, 9, 9));
    write(".hidden/1.png", plain(GREY, 9, 9, 9));
    Files.writeString(folder.resolve("labels.csv"), "a,b");
    Files.writeString(folder.resolve("README"), "hello");
    assertThat(train().count() + test().count()).isEqualTo(3);
    assertThat(notices.getFirst())
        .contains("2 file(s) skipped", ".png, .jpg, .jpeg, .gif, .bmp")
        .doesNotContain("\n");
  }

  @Test
  void linksAreFollowedAndACircleIsFound() throws IOException {
    Path elsewhere = Files.createDirectory(parent.resolve("elsewhere"));
    greys(2);
    Files.move(folder.resolve("001.png"), elsewhere.resolve("001.png"));
    Files.createSymbolicLink(folder.resolve("more"), elsewhere);
    assertThat(train().count() + test().count()).isEqualTo(2);
    Files.createSymbolicLink(elsewhere.resolve("back"), folder);
    refuses("set/more/back: is a link to a folder that it is in", "remove it");
    Files.delete(elsewhere.resolve("back"));
    Files.createSymbolicLink(folder.resolve("gone.png"), parent.resolve("nothing"));
    refuses("gone.png: cannot be read (it is a link to nothing)");
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
  void aSecondOpeningReadsTheCache() throws IOException {
    greys(20);
    Dataset first = train();
    assertThat(decoded).isEqualTo(20);
    Dataset second = train();
    test();
    assertThat(decoded).isEqualTo(20);
    assertThat(second.sha256()).isEqualTo(first.sha256());
    assertThat(second.shape()).isEqualTo(first.shape());
    assertThat(first.isMapped() && second.isMapped()).isTrue();
    Path moved = parent.resolve("moved");
    Files.move(folder, moved);
    folder = moved;
    train();
    assertThat(decoded).isEqualTo(20);
  }

  @Test
  void whatChangesIsDecodedAgain() throws IOException {
    greys(20);
    train();
    Path one = folder.resolve("003.png");
    Files.setLastModifiedTime(one, FileTime.fromMillis(1_000));
    train();
    assertThat(decoded).isEqualTo(40);
    Files.move(one, folder.resolve("new.png"));
    train();
    assertThat(decoded).isEqualTo(60);
    open(Split.TRAIN, options(null, null, "000000"));
    assertThat(decoded).isEqualTo(80);
    open(Split.TRAIN, options("3", null, null));
    assertThat(decoded).isEqualTo(100);
    open(Split.TRAIN, options(null, 1, null));
    assertThat(decoded).isEqualTo(120);
  }

  @Test
  void aDamagedCacheIsWrittenAgain() throws IOException {
    greys(12);
    String before = train().sha256();
    Path file;
    try (var files = Files.list(cache.resolve("pictures"))) {
      file = files.findFirst().orElseThrow();
    }
    byte[] good = Files.readAllBytes(file);
    for (int at : new int[] {0, 7, 11, 19, 20, 20 + 12 * 20 - 1, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file, bad);
      assertThat(train().sha256()).isEqualTo(before);
      assertThat(Files.readAllBytes(file)).isEqualTo(good);
    }
    for (byte[] bad : List.of(new byte[0], Arrays.copyOf(good, 30), Arrays.copyOf(good, 400))) {
      Files.write(file, bad);
      assertThat(train().sha256()).isEqualTo(before);
    }
    assertThat(decoded).isEqualTo(12 * 11);
    assertThat(train().sha256()).isEqualTo(before);
    assertThat(decoded).isEqualTo(12 * 11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whereTheCacheCannotBeWrittenATemporaryFileServes(boolean coloured) throws IOException {
    greys(12);
    if (coloured) {
      write("z.png", plain(RGB, 4, 5, 0xff0000));
    }
    Dataset cached = train();
    Dataset cachedTest = test();
    cache = Files.createFile(parent.resolve("file"));
    Dataset plain = train();
    assertThat(plain.shape()).isEqualTo(cached.shape());
    assertThat(plain.isMapped()).isTrue();
    assertThat(plain.bytes()).isEqualTo(cached.bytes());
    assertThat(test().bytes()).isEqualTo(cachedTest.bytes());
    assertThat(notices.getFirst()).contains("cannot be written", "decoded each time");
  }

  @Test
  void aFailedDecodingLeavesNothing() throws IOException {
    greys(12);
    Files.writeString(folder.resolve("0000.png"), "text");
    refuses("0000.png: is no picture", "give a PNG, JPEG, GIF or BMP");
    assertThat(cache.resolve("pictures"))
        .satisfiesAnyOf(c -> assertThat(c).doesNotExist(), c -> assertThat(c).isEmptyDirectory());
  }

  /// Whichever of the threads is faster.
  @Test
  void theFirstBadPictureIsNamed() throws IOException {
    greys(40);
    for (int k : new int[] {11, 12, 13, 14, 30}) {
      Files.writeString(folder.resolve("%03d.png".formatted(k)), "text");
    }
    for (int round = 0; round < 20; round++) {
      refuses("011.png: is no picture");
    }
  }

  @Test
  void refusesAnotherSize() throws IOException {
    greys(3);
    write("x.png", plain(GREY, 6, 7, 1));
    refuses("x.png: has 6x7 pixels but 000.png has 4x5", "--size");
    assertThat(open(Split.TRAIN, options("2", null, null)).shape())
        .isEqualTo(new ImageShape(2, 2, 1, 256));
  }

  @Test
  void refusesSizesThatNoImageHas() throws IOException {
    write("a.png", plain(GREY, 1100, 1000, 1));
    write("b.png", plain(GREY, 1100, 1000, 1));
    refuses("a.png: has 1100x1000 pixels, but an image may have 2 to 1048576", "--size");
    assertThat(open(Split.TRAIN, options("8x7", null, null)).shape())
        .isEqualTo(new ImageShape(8, 7, 1, 256));
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

  @Test
  void refusesTooFewPictures() throws IOException {
    refuses("set: the folder is empty; expected pictures (.png, ", "IDX");
    Files.writeString(folder.resolve("a.txt"), "x");
    refuses("set: no pictures among 1 file(s)");
    write("a.png", plain(GREY, 2, 2, 1));
    refuses("set: has 1 image; at least 2 are needed");
    Files.createDirectory(folder.resolve("folder.png"));
    refuses("set: has 1 image; at least 2 are needed");
  }

  @Test
  void refusesOptionsThatCannotBe() {
    for (String size : List.of("", "x", "3x", "3x4x5", "-3", "0", "1", "99999", "1e3", "２")) {
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> options(size, null, null))
          .withMessageStartingWith("--size is ");
    }
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> options(null, 2, null))
        .withMessage("--channels must be 1, grey, or 3, red, green and blue, but is 2");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> options(null, null, "#fff"))
        .withMessageStartingWith("--background is '#fff'; expected RRGGBB");
  }

  @Test
  void refusesThemWhereThereAreNoPictures() {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(
            () ->
                new Datasets(cache, List.of(), CifarArchive.USUAL, new Download(opening), opening)
                    .find(new DataSource("mnist10k", options("8", null, null), false), Split.TEST))
        .withMessage("--size applies to a folder of pictures, and mnist10k is none; leave it out");
  }

  /// Whatever bytes a file has, it is a picture or refused in one line that names it.
  @Test
  void brokenFilesAreReadOrRefusedInOneLine() throws IOException {
    Random random = new Random(3);
    int refused = 0;
    for (String format : List.of("png", "jpg", "gif", "bmp")) {
      var out = new ByteArrayOutputStream();
      ImageIO.write(plain(RGB, 9, 7, 0x123456), format, out);
      byte[] good = out.toByteArray();
      Path file = folder.resolve("broken." + format);
      for (int round = 0; round < 500; round++) {
        byte[] bad =
            Arrays.copyOf(
                good,
                good.length - (round % 5 == 0 ? random.nextInt(Math.min(60, good.length)) : 0));
        for (int k = 0; k < round % 4; k++) {
          bad[random.nextInt(Math.min(bad.length, round % 2 == 0 ? 1 << 20 : 60))] =
              (byte) random.nextInt(256);
        }
        Files.write(file, bad);
        try {
          var found = new PictureListing.Found(file.getFileName(), file, bad.length, 0);
          new PictureDecoder(List.of(found), options("4", null, null), opening)
              .run((_, image) -> assertThat(image).hasSize(48));
        } catch (UserException e) {
          assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
          refused++;
        }
      }
    }
    assertThat(refused).isBetween(500, 1900);
  }

  @Test
  void namesThatLookAlikeAreTold() throws IOException {
    byte[] name = "ü".getBytes(StandardCharsets.UTF_8);
    assertThat(name).hasSize(2);
    write("u\u0308.png", plain(GREY, 2, 2, 1));
    write("ü.png", plain(GREY, 2, 2, 2));
    assertThat(train().count() + test().count()).isEqualTo(2);
  }
}
