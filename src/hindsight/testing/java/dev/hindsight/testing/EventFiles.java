package dev.hindsight.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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

/// Reads TensorBoard's event files: TFRecords of protobuf messages.
public final class EventFiles {
  private static final int EVENT_STEP = 2;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int LENGTH_BYTES = 12;

  private EventFiles() {}

  /// The event files of a folder, in the order in which TensorBoard reads them.
  public static List<Path> of(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /// The messages of a file. As TensorBoard does, it leaves out a last one that is cut short; all
  /// others must have the right checksums.
  public static List<byte[]> records(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.remaining() >= LENGTH_BYTES) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      long bytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (in.remaining() < bytes + 4) {
        break;
      }
      byte[] data = new byte[(int) bytes];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      records.add(data);
    }
    return records;
  }

  /// What TensorBoard shows of a folder: the bytes of a value (a float's, or an image message) by
  /// `step tag`. A session that starts takes back what came at its step or after.
  public static Map<String, byte[]> shown(Path folder) throws IOException {
    Map<String, byte[]> values = new TreeMap<>();
    for (Path file : of(folder)) {
      for (byte[] record : records(file)) {
        Map<Integer, Object> event = message(record);
        long step = (Long) event.getOrDefault(EVENT_STEP, 0L);
        if (event.containsKey(EVENT_SESSION_LOG)) {
          values.keySet().removeIf(key -> Long.parseLong(key.split(" ", 2)[0]) >= step);
        }
        if (event.containsKey(EVENT_SUMMARY)) {
          byte[] value = (byte[]) field(inner(event, EVENT_SUMMARY), 1);
          byte[] tag = (byte[]) field(message(value), 1);
          values.put(step + " " + new String(tag, StandardCharsets.UTF_8), value);
        }
      }
    }
    return values;
  }

  /// Field number to value: a Long for varints and fixed widths, bytes for the rest.
  public static Map<Integer, Object> message(byte[] bytes) {
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

  /// The message in a field.
  public static Map<Integer, Object> inner(Map<Integer, Object> fields, int number) {
    return message((byte[]) field(fields, number));
  }

  /// The value of a field that must be there.
  public static Object field(Map<Integer, Object> fields, int number) {
    return Objects.requireNonNull(fields.get(number), "field " + number);
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

  /// CRC-32C bit by bit, from its polynomial.
  public static int crc32c(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
      }
    }
    return ~crc;
  }

  /// The checksum of TFRecords.
  public static int masked(byte[] bytes) {
    int crc = crc32c(bytes);
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }
}
