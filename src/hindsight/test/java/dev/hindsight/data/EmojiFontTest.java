package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.image.ImageShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EmojiFontTest extends PictureFixture {
  private static final int COUNT = 12;

  /// Pictures with other bytes between some of them and after all.
  private byte[] font() throws IOException {
    var font = new ByteArrayOutputStream();
    for (int k = 0; k < COUNT; k++) {
      font.write(new byte[k % 3]);
      Path picture = write("%d.png".formatted(k), plain(ARGB, 6, 8, 0xff000000 | 10 * k + 10));
      font.write(Files.readAllBytes(picture));
    }
    font.write(new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    return font.toByteArray();
  }

  private Dataset emoji(Split split, PictureOptions options) {
    return open("emoji", split, options);
  }

  private void save(byte[] font) throws IOException {
    Files.write(parent.resolve("emoji.ttf"), font);
  }

  private void refusesEmoji(String... parts) {
    assertThatExceptionOfType(DataException.class)
        .isThrownBy(() -> emoji(Split.TRAIN, PictureOptions.USUAL))
        .withMessageContainingAll(parts);
  }

  @Test
  void itsPicturesAreTheImages() throws IOException {
    save(font());
    PictureOptions small = options("4", null, null);
    Dataset train = emoji(Split.TRAIN, small);
    assertThat(train.name()).isEqualTo("emoji");
    assertThat(train.shape()).isEqualTo(new ImageShape(4, 4, 3, 256));
    assertThat(train.count()).isEqualTo(COUNT - 1);
    int of = emoji(Split.TEST, small).intensity(0, 2); // blue
    for (int k = 0; k < train.count(); k++) {
      assertThat(train.intensity(k, 2)).isEqualTo(10 * (10 * k + 10 < of ? k : k + 1) + 10);
    }
  }

  @Test
  void anotherVersionOfTheFontIsUnpackedAnew() throws IOException {
    byte[] font = font();
    save(font);
    long all = emoji(Split.TRAIN, PictureOptions.USUAL).count();
    save(Arrays.copyOf(font, font.length - 9));
    refusesEmoji("emoji.ttf: cannot be unpacked into ", "(a picture is cut)");
    save(Arrays.copyOfRange(font, 2, font.length)); // within the first signature
    assertThat(emoji(Split.TRAIN, PictureOptions.USUAL).count()).isEqualTo(all - 1);
  }

  @Test
  void aFontThatIsNotThereOrHasNoPicturesIsRefusedWithARemedy() throws IOException {
    refusesEmoji("emoji.ttf: no such file", "sudo apt-get install fonts-noto-color-emoji");
    save(new byte[1000]);
    refusesEmoji("emoji.ttf: cannot be unpacked into ", "(it has no pictures)");
  }
}
