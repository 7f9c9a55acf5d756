package dev.hindsight.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFolderTest extends PictureFixture {
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
      assertThat(data.classes()).containsExactly(classes);
    }
    write("alone.png", plain(GREY, 2, 2, 99));
    for (Split split : Split.values()) {
      Dataset data = open(split, PictureOptions.USUAL);
      for (int k = 0; k < data.count(); k++) {
        int grey = data.intensity(k, 0);
        assertThat(data.label(k)).isEqualTo(grey == 99 ? -1 : grey / 10);
      }
    }
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
  void namesThatLookAlikeAreTold() throws IOException {
    byte[] name = "ü".getBytes(StandardCharsets.UTF_8);
    assertThat(name).hasSize(2);
    write("u\u0308.png", plain(GREY, 2, 2, 1));
    write("ü.png", plain(GREY, 2, 2, 2));
    assertThat(train().count() + test().count()).isEqualTo(2);
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
  void refusesSizesThatNoImageHas() throws IOException {
    write("a.png", plain(GREY, 1100, 1000, 1));
    write("b.png", plain(GREY, 1100, 1000, 1));
    refuses("a.png: has 1100x1000 pixels, but an image may have 2 to 1048576", "--size");
    assertThat(open(Split.TRAIN, options("8x7", null, null)).shape())
        .isEqualTo(new ImageShape(8, 7, 1, 256));
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
}
