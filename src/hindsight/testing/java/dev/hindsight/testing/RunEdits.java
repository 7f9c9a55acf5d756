package dev.hindsight.testing;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// Files of a run that say something else, as if they had been written so: to see what is found
/// beyond their checksums.
public final class RunEdits {
  private static final String SHA256 = "hindsight.sha256:";
  private static final byte ZERO = '0';

  private RunEdits() {}

  /// Changes `config.json` on purpose: without its checksum.
  public static void config(Path run, String pattern, String by) throws IOException {
    Path file = run.resolve("config.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replaceFirst(",\\s+\"checksum\" : \"[0-9a-f]{64}\"", ""));
    replace(file, pattern, by);
  }

  /// Changes `metrics.jsonl`; each line that still is one gets the CRC-32C that it then has.
  public static void metrics(Path run, String pattern, String by) throws IOException {
    Path file = run.resolve("metrics.jsonl");
    replace(file, pattern, by);
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(file)) {
      lines.append(line.contains(",\"crc32c\"") ? signed(line) : line).append('\n');
    }
    Files.writeString(file, lines);
  }

  /// A line of metrics with its own CRC-32C.
  public static String signed(String line) {
    String open = line.substring(0, line.lastIndexOf(",\"crc32c\""));
    var crc = new CRC32C();
    crc.update(open.getBytes(StandardCharsets.UTF_8));
    return "%s,\"crc32c\":\"%08x\"}".formatted(open, crc.getValue());
  }

  /// Changes the header of a safetensors file, which keeps its length; the checksum is that of what
  /// the file then holds.
  public static void safetensors(Path file, String pattern, String by) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int length = Math.toIntExact(ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN).getLong());
    String header = new String(bytes, Long.BYTES, length, ISO_8859_1).replaceFirst(pattern, by);
    assertThat(header).hasSize(length);
    int digits = header.indexOf(SHA256) + SHA256.length();
    Arrays.fill(
        put(bytes, Long.BYTES, header), Long.BYTES + digits, Long.BYTES + digits + 64, ZERO);
    Sha256 sha = new Sha256();
    sha.update(Arrays.copyOfRange(bytes, Long.BYTES, bytes.length));
    Files.write(file, put(bytes, Long.BYTES + digits, sha.digits()));
  }

  private static byte[] put(byte[] bytes, int at, String text) {
    System.arraycopy(text.getBytes(ISO_8859_1), 0, bytes, at, text.length());
    return bytes;
  }

  private static void replace(Path file, String pattern, String by) throws IOException {
    String before = Files.readString(file);
    String after = before.replaceFirst(pattern, by);
    assertThat(after).as(pattern).isNotEqualTo(before);
    Files.writeString(file, after);
  }
}
