package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  static SafetensorsWriter example() {
    return new SafetensorsWriter()
        .metadata("model", "made")
        .metadata("ä \"quoted\"", "line\nbreak")
        .add("net.0.weight", Shape.of(2, 3), 1f, -2.5f, Float.MIN_VALUE, 4f, 5f, -0f)
        .add("net.0.bias", Shape.of(2), Float.NaN, Float.NEGATIVE_INFINITY)
        .add("step", Shape.of(), 1L << 40)
        .add("empty", Shape.of(0, 7), new float[0])
        .add("degrees", Shape.of(3), 1, -2, Integer.MAX_VALUE)
        .add("mean", Shape.of(1), Math.PI);
  }

  @Test
  void roundTrip() {
    Path path = folder.resolve("a.safetensors");
    example().write(path);
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.metadata())
          .containsEntry("model", "made")
          .containsEntry("ä \"quoted\"", "line\nbreak")
          .hasSize(3); // and the checksum
      assertThat(file.entries().keySet())
          .containsExactly("mean", "step", "degrees", "empty", "net.0.bias", "net.0.weight");
      assertThat(file.floats("net.0.weight", Shape.of(2, 3)))
          .containsExactly(1f, -2.5f, Float.MIN_VALUE, 4f, 5f, -0f);
      assertThat(file.floats("net.0.bias", Shape.of(2)))
          .containsExactly(Float.NaN, Float.NEGATIVE_INFINITY);
      assertThat(file.longs("step", Shape.of())).containsExactly(1L << 40);
      assertThat(file.floats("empty", Shape.of(0, 7))).isEmpty();
      assertThat(file.ints("degrees", Shape.of(3))).containsExactly(1, -2, Integer.MAX_VALUE);
      assertThat(file.doubles("mean", Shape.of(1))).containsExactly(Math.PI);
    }
  }

  /// Of two numbers that are as near, the one whose last bit is 0.
  @Test
  void halvesAreTheNearestNumbers() {
    Path path = folder.resolve("a.safetensors");
    new SafetensorsWriter()
        .addHalf(
            "f",
            Shape.of(8),
            1f,
            -2.5f,
            1 + 0x1p-11f,
            1 + 0x3p-11f,
            1 + 0x1.1p-11f,
            65504f,
            0x1p-24f,
            -0f)
        .add("z", Shape.of(1), 9)
        .write(path);
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      float[] flat = new float[10];
      file.floats("f", Shape.of(8), flat, 1);
      assertThat(flat)
          .containsExactly(0f, 1f, -2.5f, 1f, 1 + 0x1p-9f, 1 + 0x1p-10f, 65504f, 0x1p-24f, -0f, 0f);
      assertThat(file.ints("z", Shape.of(1))).containsExactly(9);
      assertThatThrownBy(() -> file.floats("f", Shape.of(4, 2))).hasMessageContaining("F16 (8)");
    }
  }

  /// As PyTorch stores a tensor `.bfloat16()`: the upper half of a float.
  @Test
  void readsUpperHalves() throws IOException {
    String header = "{\"a\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]}}";
    ByteBuffer bytes = ByteBuffer.allocate(14 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8));
    bytes.putShort((short) 0x3F80).putShort((short) 0xC0A1).putShort((short) 0x8000);
    Path path = Files.write(folder.resolve("a.safetensors"), bytes.array());
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.floats("a", Shape.of(3))).containsExactly(1f, -5.03125f, -0f);
    }
  }

  /// The bytes, read by hand as the format's description says.
  @Test
  void bytesAreAsDescribed() throws IOException {
    Path path = folder.resolve("a.safetensors");
    new SafetensorsWriter()
        .add("b", Shape.of(1, 2), 1.5f, -2f)
        .add("a", Shape.of(1), 7)
        .add("z", Shape.of(1), 9L)
        .metadata("k", "v")
        .write(path);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(header);
    assertThat(header.length % 8).isZero();
    assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing())
        .isEqualTo(
            "{\"__metadata__\":{\"hindsight.checksum\":\"hindsight.sha256:"
                + sha256WithoutDigits(Files.readAllBytes(path))
                + "\",\"k\":\"v\"},"
                + "\"z\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[12,20]}}");
    assertThat(bytes.getLong()).isEqualTo(9);
    assertThat(bytes.getInt()).isEqualTo(7);
    assertThat(bytes.getFloat()).isEqualTo(1.5f);
    assertThat(bytes.getFloat()).isEqualTo(-2f);
    assertThat(bytes.hasRemaining()).isFalse();
  }

  /// By hand: of all that follows the length field, with zeros for the digits.
  private static String sha256WithoutDigits(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    byte[] zeros =
        text.replaceFirst("sha256:[0-9a-f]{64}", "sha256:" + "0".repeat(64))
            .getBytes(StandardCharsets.ISO_8859_1);
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(zeros, 8, zeros.length - 8);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void sameContentSameBytesInAnyOrder() throws IOException {
    Path one = folder.resolve("1");
    Path two = folder.resolve("2");
    new SafetensorsWriter().add("a", Shape.of(1), 1f).add("b", Shape.of(1), 2f).write(one);
    new SafetensorsWriter().add("b", Shape.of(1), 2f).add("a", Shape.of(1), 1f).write(two);
    assertThat(Files.readAllBytes(one)).isEqualTo(Files.readAllBytes(two));
  }

  @Test
  void partsOfFlatArraysLargerThanOneChunk() {
    Random random = new Random(1);
    float[] flat = new float[700_001];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = Float.intBitsToFloat(random.nextInt());
    }
    Path path = folder.resolve("large");
    new SafetensorsWriter()
        .addPart("tail", Shape.of(100, 4001), flat, 299_901)
        .addPart("head", Shape.of(299_901), flat, 0)
        .write(path);
    float[] back = new float[flat.length];
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      file.floats("head", Shape.of(299_901), back, 0);
      file.floats("tail", Shape.of(100, 4001), back, 299_901);
    }
    assertThat(bits(back)).isEqualTo(bits(flat));
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void writerRefusesMistakes() {
    SafetensorsWriter writer = new SafetensorsWriter().add("a", Shape.of(1), 1f);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.add("b", Shape.of(2, 2), 1f))
        .withMessage("safetensors: b is F32 (2, 2) but has 1 values");
    assertThatIllegalArgumentException().isThrownBy(() -> writer.add("a", Shape.of(1), 1f));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.add("__metadata__", Shape.of(1), 1f));
    assertThatThrownBy(() -> writer.addPart("c", Shape.of(2), new float[3], 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path path = folder.resolve("a");
    example().write(path);
    byte[] before = Files.readAllBytes(path);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(
            () ->
                AtomicFile.write(
                    path,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[10]));
                      throw new IOException("No space left on device");
                    }))
        .withMessage(
            "cannot write "
                + path
                + " (the old file is unchanged): No space left on device; free some,"
                + " or write elsewhere");
    assertThat(Files.readAllBytes(path)).isEqualTo(before);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> example().write(folder.resolve("nowhere/a")))
        .withMessageEndingWith("no such file or folder");
  }

  /// Of a killed process; not of one that lives, or that another machine may be writing.
  @Test
  void whatAKilledWriterLeftGoesAtTheNextWrite() throws IOException {
    Path path = folder.resolve("a.safetensors");
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    Path left = Files.createFile(folder.resolve(".a.safetensors-999999999-1.hindsight-tmp"));
    Path living =
        Files.createFile(folder.resolve(".a.safetensors-%d-0.hindsight-tmp".formatted(parent)));
    Path others = Files.createFile(folder.resolve(".b-999999999-1.hindsight-tmp"));
    Path odd = Files.createFile(folder.resolve(".a.safetensors-x.hindsight-tmp"));
    example().write(path);
    assertThat(left).doesNotExist();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(path, living, others, odd);
    }
  }

  /// In a container every start may have the number of the one that was killed.
  @Test
  void whatAKilledProcessOfThisNumberLeftIsInNobodysWay() throws IOException {
    Path path = folder.resolve("a.safetensors");
    long own = ProcessHandle.current().pid();
    for (int count = 0; count < 1000; count++) {
      Files.createFile(folder.resolve(".a.safetensors-%d-%d.hindsight-tmp".formatted(own, count)));
    }
    example().write(path);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  /// Two threads of one process: neither takes away what the other is writing.
  @Test
  void whatThisProcessIsWritingStays() throws IOException {
    AtomicFile.write(
        folder.resolve("a"),
        channel -> {
          AtomicFile.deleteLeft(folder);
          AtomicFile.write(folder.resolve("a"), new byte[] {1});
          channel.write(ByteBuffer.wrap(new byte[] {2, 3}));
        });
    assertThat(folder.resolve("a")).hasBinaryContent(new byte[] {2, 3});
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("a"));
    }
  }

  @Test
  void temporaryNamesAreKnown() {
    assertThat(AtomicFile.isTemporary(folder.resolve(".model.safetensors-1-2.hindsight-tmp")))
        .isTrue();
    assertThat(AtomicFile.isTemporary(folder.resolve("model.safetensors"))).isFalse();
  }
}
