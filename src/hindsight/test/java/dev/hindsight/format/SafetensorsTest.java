package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.format.Safetensors.StoredTensor;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SafetensorsTest {
  @TempDir Path folder;

  private static SafetensorsWriter example() {
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

  /// Whatever bit it is: in the length, the header, its padding, the checksum, the numbers.
  @Test
  void oneFlippedBitIsFound() throws IOException {
    Path path = folder.resolve("a.safetensors");
    example().write(path);
    byte[] whole = Files.readAllBytes(path);
    List<Integer> unnoticed = new ArrayList<>();
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(path, flipped);
      try (SafetensorsReader _ = SafetensorsReader.open(path)) {
        unnoticed.add(bit);
      } catch (FormatException e) {
        assertThat(e.getMessage()).startsWith(path + ": ");
      }
    }
    assertThat(unnoticed).isEmpty();
  }

  @Test
  void saysThatAFileIsDamagedAndWhatToDo() throws IOException {
    Path path = folder.resolve("a.safetensors");
    float[] values = new float[300_000]; // more than one piece
    new SafetensorsWriter().add("a", Shape.of(values.length), values).write(path);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length - 1] ^= (byte) 0x80; // a sign
    refuses(
        bytes,
        "damaged: its SHA-256 is ",
        "… but was ",
        "use another copy or train again",
        "remove 'hindsight.checksum' from its metadata");
  }

  @Test
  void filesWithoutAChecksumOpen() throws IOException {
    Path path = folder.resolve("foreign.safetensors");
    Files.write(path, file("{" + tensor("a", "F32", "[1]", "[0,4]") + "}    ", 4));
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.floats("a", Shape.of(1))).containsExactly(0);
    }
    String metadata = "\"__metadata__\":{\"sha256\":\"%s\"},".formatted("0".repeat(64));
    Files.write(path, file("{" + metadata + tensor("a", "F32", "[1]", "[0,4]") + "}", 4));
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.entries()).hasSize(1);
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
                + " (what was there before is unchanged): No space left on device; free some,"
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
    long own = ProcessHandle.current().pid();
    Path left = Files.createFile(folder.resolve(".a.safetensors-999999999-1.hindsight-tmp"));
    Path living =
        Files.createFile(folder.resolve(".a.safetensors-%d-0.hindsight-tmp".formatted(own)));
    Path others = Files.createFile(folder.resolve(".b-999999999-1.hindsight-tmp"));
    Path odd = Files.createFile(folder.resolve(".a.safetensors-x.hindsight-tmp"));
    example().write(path);
    assertThat(left).doesNotExist();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(path, living, others, odd);
    }
  }

  @Test
  void temporaryNamesAreKnown() {
    assertThat(AtomicFile.isTemporary(folder.resolve(".model.safetensors-1-2.hindsight-tmp")))
        .isTrue();
    assertThat(AtomicFile.isTemporary(folder.resolve("model.safetensors"))).isFalse();
  }

  // ---- what a reader refuses

  private void refuses(byte[] bytes, String... parts) throws IOException {
    Path path = Files.write(folder.resolve("bad.safetensors"), bytes);
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> SafetensorsReader.open(path))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts).startsWith(path + ": ");
              assertThat(e.getMessage().lines()).hasSize(1);
            });
  }

  private static byte[] file(long headerLength, String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(headerLength)
        .put(text)
        .array();
  }

  private static byte[] file(String header, int dataBytes) {
    return file(header.getBytes(StandardCharsets.UTF_8).length, header, dataBytes);
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }

  @Test
  void refusesWrongLengths() throws IOException {
    refuses(new byte[0], "truncated: 0 bytes");
    refuses(new byte[7], "truncated: 7 bytes");
    refuses(file(0, "", 0), "the header is empty");
    refuses(file(100, "{}", 0), "its header would be 100 bytes long but only 2 follow");
    refuses(file(3, "{}", 0), "its header would be 3 bytes long but only 2 follow");
    refuses(file(100_000_001, "{}", 0), "100000001 bytes long; at most 100000000");
    refuses(file(-1, "{}", 0), "18446744073709551615 bytes long");
    refuses(file(Long.MAX_VALUE, "{}", 0), "9223372036854775807 bytes long");
  }

  @Test
  void refusesWrongJson() throws IOException {
    refuses(file(" {}", 0), "starts with byte 0x20; expected '{'");
    refuses(file("{\"a\":", 0), "not strict JSON");
    refuses(file("{} {}", 0), "not strict JSON");
    refuses(file("{\"a\":" + "[".repeat(5000), 0), "not strict JSON");
    byte[] notUtf8 = file("{\"ab\":1}", 0);
    notUtf8[10] = (byte) 0xff;
    refuses(notUtf8, "not UTF-8");
    String a = tensor("a", "F32", "[1]", "[0,4]");
    refuses(file("{" + a + "," + a + "}", 4), "not strict JSON", "uplicate");
    refuses(file("{\"__metadata__\":{\"k\":1}}", 0), "__metadata__ 'k' must be a string");
    refuses(file("{\"__metadata__\":[]}", 0), "__metadata__ must be an object");
    refuses(file("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0), "uplicate");
  }

  @Test
  void refusesWrongTensors() throws IOException {
    refuses(file("{\"a\":1}", 0), "'a' must have exactly dtype, shape and data_offsets");
    refuses(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4), "must have exactly");
    refuses(
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"offsets\":[0,4]}}", 4),
        "must have exactly");
    refuses(file("{" + tensor("a", "BF16", "[2]", "[0,4]") + "}", 4), "dtype BF16", "convert");
    refuses(file("{" + tensor("a", "F32", "[2]", "[0,4]") + "}", 4), "takes 8 bytes", "span 4");
    refuses(file("{" + tensor("a", "F32", "[-1]", "[0,4]") + "}", 4), "-1 in its shape");
    refuses(file("{" + tensor("a", "F32", "[1.5]", "[0,4]") + "}", 4), "1.5 in its shape");
    refuses(file("{" + tensor("a", "F32", "1", "[0,4]") + "}", 4), "shape 1; expected a list");
    refuses(file("{" + tensor("a", "F32", "[99999999999]", "[0,4]") + "}", 4), "in its shape");
    String huge = "[2147483647,2147483647,2147483647]";
    refuses(file("{" + tensor("a", "F32", huge, "[0,4]") + "}", 4), "more than can be read");
    refuses(file("{" + tensor("a", "F32", "[1]", "[4,0]") + "}", 4), "expected [begin, end]");
    refuses(file("{" + tensor("a", "F32", "[1]", "[0,4,8]") + "}", 4), "expected [begin, end]");
    refuses(file("{" + tensor("a", "F32", "[1]", "[-4,0]") + "}", 4), "-4 in its data_offsets");
  }

  @Test
  void refusesHolesOverlapsAndTruncation() throws IOException {
    String a = tensor("a", "F32", "[2]", "[0,8]");
    refuses(file("{" + a + "}", 7), "truncated", "'a' ends at byte 8", "there are 7");
    refuses(file("{" + a + "}", 12), "4 bytes follow the last tensor");
    refuses(
        file("{" + a + "," + tensor("b", "F32", "[1]", "[4,8]") + "}", 8),
        "overlap before tensor 'b'",
        "starts at byte 4",
        "ends at 8");
    refuses(
        file("{" + a + "," + tensor("b", "F32", "[1]", "[12,16]") + "}", 16),
        "hole before tensor 'b'");
    refuses(file("{" + tensor("a", "F32", "[1]", "[4,8]") + "}", 8), "hole before tensor 'a'");
    refuses(file("{" + a + "," + tensor("b", "F32", "[2]", "[0,8]") + "}", 8), "overlap");
    refuses(file("{}", 1), "1 bytes follow");
  }

  @Test
  void refusesWhatIsNoFile() {
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> SafetensorsReader.open(folder))
        .withMessageContaining("is a folder");
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> SafetensorsReader.open(folder.resolve("none")))
        .withMessageContaining("cannot be read (no such file or folder)");
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> SafetensorsReader.open(Path.of("/proc/self/mem")))
        .withMessageContaining("/proc/self/mem: ");
  }

  @Test
  void refusesAnotherModel() {
    Path path = folder.resolve("a");
    example().write(path);
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThatExceptionOfType(FormatException.class)
          .isThrownBy(() -> file.floats("net.9.weight", Shape.of(2)))
          .withMessageContaining("no tensor 'net.9.weight' but 6 others; expected F32 (2)");
      assertThatExceptionOfType(FormatException.class)
          .isThrownBy(() -> file.floats("net.0.weight", Shape.of(3, 2)))
          .withMessageContaining("'net.0.weight' is F32 (2, 3) but expected F32 (3, 2)");
      assertThatExceptionOfType(FormatException.class)
          .isThrownBy(() -> file.floats("degrees", Shape.of(3)))
          .withMessageContaining("is I32 (3) but expected F32 (3)");
    }
  }

  @Test
  void readsPaddingAndZeroRank() throws IOException {
    String header = "{" + tensor("a", "F32", "[]", "[0,4]") + "}   ";
    Path path = Files.write(folder.resolve("a"), file(header, 4));
    try (SafetensorsReader file = SafetensorsReader.open(path)) {
      assertThat(file.floats("a", Shape.of())).containsExactly(0f);
    }
  }

  /// As files of others are: spaces in its place.
  private static byte[] withoutChecksum(byte[] file) {
    String text = new String(file, StandardCharsets.ISO_8859_1);
    Matcher checksum = Pattern.compile("\"hindsight.checksum\":\"[^\"]*\",").matcher(text);
    return checksum
        .replaceFirst(found -> " ".repeat(found.group().length()))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /// Whatever the bytes are, the answer is a file or one line.
  @Test
  void fuzzedFilesAreReadOrRefusedInOneLine() throws IOException {
    Random random = new Random(20261125);
    Path path = folder.resolve("fuzz.safetensors");
    example().write(path);
    byte[] whole = withoutChecksum(Files.readAllBytes(path));
    int refused = 0;
    int rounds = 300;
    for (int round = 0; round < rounds; round++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      if (random.nextInt(3) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 9));
      }
      Files.write(path, bytes);
      try (SafetensorsReader file = SafetensorsReader.open(path)) {
        assertThat(file.entries()).isNotEmpty();
      } catch (FormatException e) {
        refused++;
        assertThat(e.getMessage()).startsWith(path.toString()).doesNotContain("\n");
      }
    }
    assertThat(refused).isBetween(rounds / 2, rounds - 1);
  }

  /// Whatever a header says, it tiles the data or is refused in one line.
  @Test
  void fuzzedHeadersTileTheDataOrAreRefused() throws IOException {
    Random random = new Random(20261125);
    Path path = folder.resolve("fuzz.safetensors");
    example().write(path);
    byte[] whole = withoutChecksum(Files.readAllBytes(path));
    int length = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = Arrays.copyOfRange(whole, 8, 8 + length);
    int dataBytes = whole.length - 8 - length;
    String alphabet = "{}[]\",:0123456789-.eE FI\u00e9\\u";
    int refused = 0;
    int rounds = 20_000;
    for (int round = 0; round < rounds; round++) {
      byte[] bytes = header.clone();
      int changes = 1 + random.nextInt(3);
      for (int i = 0; i < changes; i++) {
        bytes[random.nextInt(length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) alphabet.charAt(random.nextInt(alphabet.length()));
      }
      try {
        long next = 0;
        for (StoredTensor tensor :
            SafetensorsHeader.parse("x", bytes, dataBytes).entries().values()) {
          assertThat(tensor.begin()).isEqualTo(next);
          next = tensor.end();
        }
        assertThat(next).isEqualTo(dataBytes);
      } catch (FormatException e) {
        refused++;
        assertThat(e.getMessage()).startsWith("x: ").doesNotContain("\n");
      }
    }
    assertThat(refused).isBetween(rounds / 2, rounds - 1);
  }
}
