package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
  @TempDir Path folder;

  private static List<Path> files(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /// CRC-32C bit by bit, from its polynomial.
  private static int crc32c(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
      }
    }
    return ~crc;
  }

  private static int masked(byte[] bytes) {
    int crc = crc32c(bytes);
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  private static List<byte[]> records(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      long bytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      byte[] data = new byte[(int) bytes];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      records.add(data);
    }
    return records;
  }

  /// Field number to value: a Long for varints and fixed widths, bytes for the rest.
  private static Map<Integer, Object> message(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Map<Integer, Object> fields = new TreeMap<>();
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      Object value =
          switch (tag & 7) {
            case 0 -> varint(in);
            case 1 -> in.getLong();
            case 5 -> (long) in.getInt();
            case 2 -> {
              byte[] data = new byte[(int) varint(in)];
              in.get(data);
              yield data;
            }
            default -> throw new AssertionError("wire type " + (tag & 7));
          };
      assertThat(fields.put(tag >>> 3, value)).isNull();
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private static Map<Integer, Object> inner(Map<Integer, Object> fields, int number) {
    return message((byte[]) field(fields, number));
  }

  private static Object field(Map<Integer, Object> fields, int number) {
    return Objects.requireNonNull(fields.get(number), "field " + number);
  }

  @Test
  void theChecksumIsTheStandardOne() {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(crc32c(digits)).isEqualTo(0xe3069283); // RFC 3720's check value
    assertThat(TensorBoardWriter.maskedCrc(digits, 0, 9)).isEqualTo(masked(digits));
  }

  @Test
  void scalarsAndImagesAreEvents() throws IOException {
    byte[] png = GreyPng.encode(2, 3, new byte[6]);
    try (TensorBoardWriter writer = TensorBoardWriter.open(folder.resolve("events"))) {
      writer.scalar(300, "test/nll_nats", 104.5);
      writer.image(1L << 40, "samples", 2, 3, png);
    }
    List<Path> files = files(folder.resolve("events"));
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
    assertThat(picture).containsEntry(1, 3L).containsEntry(2, 2L).containsEntry(3, 1L);
    assertThat(picture.get(4)).isEqualTo(png);
  }

  @Test
  void resumingStartsALaterFileThatTakesBackLaterSteps() throws IOException {
    TensorBoardWriter.open(folder).close();
    TensorBoardWriter.resume(folder, 500).close();
    TensorBoardWriter.resume(folder, 700).close();
    List<Path> files = files(folder);
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
    assertThat(files(folder))
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
}
