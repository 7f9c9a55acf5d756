package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Safetensors files that are damaged, wrong or of others.
@Tag("slow")
class SafetensorsRefusalTest {
  @TempDir Path folder;

  /// One in each byte: of the length, the header, its padding, the checksum, the numbers.
  @Test
  void oneFlippedBitIsFound() throws IOException {
    Path path = folder.resolve("a.safetensors");
    SafetensorsTest.example().write(path);
    byte[] whole = Files.readAllBytes(path);
    List<Integer> unnoticed = new ArrayList<>();
    for (int bit = 0; bit < 8 * whole.length; bit += 7) {
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
    refuses(file("{" + tensor("a", "U16", "[2]", "[0,4]") + "}", 4), "dtype U16", "convert");
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
    SafetensorsTest.example().write(path);
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
}
