package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.error.UserException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A folder of pictures, a cache, and who is told of what.
abstract class PictureFixture {
  static final int GREY = BufferedImage.TYPE_BYTE_GRAY;
  static final int RGB = BufferedImage.TYPE_INT_RGB;
  static final int ARGB = BufferedImage.TYPE_INT_ARGB;

  @TempDir Path parent;
  Path folder;
  Path cache;
  final List<String> notices = new ArrayList<>();
  long decoded;

  final Opening opening =
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

  Dataset open(Split split, PictureOptions options) {
    return open(folder.toString(), split, options);
  }

  Dataset open(String place, Split split, PictureOptions options) {
    var emoji = new EmojiFont(parent.resolve("emoji.ttf"));
    return new Datasets(cache, List.of(), CifarArchive.USUAL, emoji, new Download(opening), opening)
        .find(new DataSource(place, options, true), split);
  }

  Dataset train() {
    return open(Split.TRAIN, PictureOptions.USUAL);
  }

  Dataset test() {
    return open(Split.TEST, PictureOptions.USUAL);
  }

  static PictureOptions options(
      @Nullable String size, @Nullable Integer channels, @Nullable String background) {
    return PictureOptions.USUAL.with(size, channels, background, null);
  }

  void refuses(String... parts) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(this::train)
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  static BufferedImage plain(int type, int height, int width, int rgb) {
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

  Path write(String name, BufferedImage image) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    String format = name.substring(name.lastIndexOf('.') + 1);
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    return file;
  }

  /// So many grey pictures of 4x5, each of its own grey.
  void greys(int count) throws IOException {
    for (int k = 0; k < count; k++) {
      write("%03d.png".formatted(k), plain(GREY, 4, 5, k));
    }
  }

  static List<Integer> firstValues(Dataset data) {
    return IntStream.range(0, data.count()).mapToObj(k -> data.intensity(k, 0)).toList();
  }

  static int[] values(Dataset data, int image) {
    return IntStream.range(0, data.shape().values())
        .map(value -> data.intensity(image, value))
        .toArray();
  }
}
