package dev.hindsight.format;

import static dev.hindsight.testing.EventFiles.crc32c;
import static dev.hindsight.testing.EventFiles.field;
import static dev.hindsight.testing.EventFiles.inner;
import static dev.hindsight.testing.EventFiles.masked;
import static dev.hindsight.testing.EventFiles.message;
import static dev.hindsight.testing.EventFiles.records;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.testing.EventFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
  @TempDir Path folder;

  @Test
  void theChecksumIsTheStandardOne() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(crc32c(digits)).isEqualTo(0xe3069283); // RFC 3720's check value
    assertThat(TensorBoardWriter.maskedCrc(digits, 0, 9)).isEqualTo(masked(digits));
  }

  @Test
  void scalarsAndImagesAreEvents() throws IOException {
    byte[] png = Png.encode(2, 3, 3, new byte[18]);
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder.resolve("events"))) {
      writer.scalar(300, "test/nll_nats", 104.5);
      writer.image(1L << 40, "samples", 2, 3, 3, png);
    }
    List<Path> files = EventFiles.of(folder.resolve("events"));
    assertThat(files).hasSize(1);
    assertThat(files.getFirst().getFileName().toString()).startsWith("events.out.tfevents.");
    List<byte[]> records = records(files.getFirst());
    assertThat(records).hasSize(3);

    Map<Integer, Object> version = message(records.get(0));
    assertThat(version.get(3)).isEqualTo("brain.Event:2".getBytes(StandardCharsets.UTF_8));
    double wallTime = Double.longBitsToDouble((Long) field(version, 1));
    assertThat(wallTime).isBetween(1.7e9, 1e10);

    Map<Integer, Object> scalar = message(records.get(1));
    assertThat(scalar.get(2)).isEqualTo(300L);
    Map<Integer, Object> value = inner(inner(scalar, 5), 1);
    assertThat(value.get(1)).isEqualTo("test/nll_nats".getBytes(StandardCharsets.UTF_8));
    assertThat(Float.intBitsToFloat(((Long) field(value, 2)).intValue())).isEqualTo(104.5f);

    Map<Integer, Object> image = message(records.get(2));
    assertThat(image.get(2)).isEqualTo(1L << 40);
    Map<Integer, Object> picture = inner(inner(inner(image, 5), 1), 4);
    assertThat(picture).containsEntry(1, 3L).containsEntry(2, 2L).containsEntry(3, 3L);
    assertThat(picture.get(4)).isEqualTo(png);
  }

  @Test
  void resumingStartsALaterFileThatTakesBackLaterSteps() throws IOException {
    TensorBoardWriter.open(folder).close();
    TensorBoardWriter.resume(folder, 500).close();
    TensorBoardWriter.resume(folder, 700).close();
    List<Path> files = EventFiles.of(folder);
    assertThat(files).hasSize(3);
    for (int i = 1; i < 3; i++) {
      List<byte[]> records = records(files.get(i));
      assertThat(records).hasSize(2);
      Map<Integer, Object> start = message(records.get(1));
      assertThat(start.get(2)).isEqualTo(i == 1 ? 501L : 701L);
      assertThat(inner(start, 7)).isEqualTo(Map.of(1, 1L)); // SessionLog.START
    }
  }

  /// Readers go by the names.
  @Test
  void aLaterFileComesLastWhereTheClockWentBack() throws IOException {
    Path ahead = Files.createFile(folder.resolve("events.out.tfevents.9000000000.hindsight"));
    Path others = Files.createFile(folder.resolve("events.out.tfevents.9999999999.host.1"));
    TensorBoardWriter.open(folder).close();
    TensorBoardWriter.open(folder).close();
    assertThat(EventFiles.of(folder))
        .containsExactly(
            ahead,
            folder.resolve("events.out.tfevents.9000000001.hindsight"),
            folder.resolve("events.out.tfevents.9000000002.hindsight"),
            others);
  }

  @Test
  void aFolderThatCannotBeMadeIsOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> TensorBoardWriter.open(file.resolve("events")))
        .withMessageStartingWith("cannot write TensorBoard events into " + file)
        .withMessageNotContaining("\n");
  }

  @Test
  void aFolderThatIsALinkIsNotWrittenInto() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Path events = Files.createSymbolicLink(folder.resolve("events"), outside);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> TensorBoardWriter.open(events))
        .withMessageEndingWith("it is a link; replace it by a folder");
    assertThat(outside).isEmptyDirectory();
  }
}
