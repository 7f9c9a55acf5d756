package dev.hindsight.format;

import dev.hindsight.format.Safetensors.NumberType;
import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Collects tensors and writes them as one safetensors file.
///
/// The same tensors and metadata give the same bytes, in whatever order they were added: eight-byte
/// types first, then by name. Arrays are kept, not copied, until the file is written.
/// `__metadata__` also gets a [Checksum] of all there is in the file.
public final class SafetensorsWriter {
  private static final int CHUNK = 1 << 20;

  private final Map<String, String> metadata = new TreeMap<>();
  private final Map<String, Part> parts = new TreeMap<>();

  private record Part(String name, NumberType type, Shape shape, MemorySegment values) {}

  /// Adds a line to `__metadata__`.
  public SafetensorsWriter metadata(String key, String value) {
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("safetensors: metadata '" + key + "' was added twice");
    }
    return this;
  }

  public SafetensorsWriter add(String name, Shape shape, float... values) {
    return add(name, NumberType.F32, shape, MemorySegment.ofArray(values));
  }

  /// Adds the tensor that starts at `offset` of a flat array.
  public SafetensorsWriter addPart(String name, Shape shape, float[] flat, int offset) {
    MemorySegment all = MemorySegment.ofArray(flat);
    return add(name, NumberType.F32, shape, all.asSlice(4L * offset, 4 * shape.size()));
  }

  /// Adds a tensor whose values are rounded to F16.
  public SafetensorsWriter addHalf(String name, Shape shape, float... values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    return add(name, NumberType.F16, shape, MemorySegment.ofArray(halves));
  }

  public SafetensorsWriter add(String name, Shape shape, double... values) {
    return add(name, NumberType.F64, shape, MemorySegment.ofArray(values));
  }

  public SafetensorsWriter add(String name, Shape shape, int... values) {
    return add(name, NumberType.I32, shape, MemorySegment.ofArray(values));
  }

  public SafetensorsWriter add(String name, Shape shape, long... values) {
    return add(name, NumberType.I64, shape, MemorySegment.ofArray(values));
  }

  private SafetensorsWriter add(String name, NumberType type, Shape shape, MemorySegment values) {
    if (values.byteSize() != Math.multiplyExact(shape.size(), (long) type.bytes)) {
      throw new IllegalArgumentException(
          "safetensors: %s is %s %s but has %d values"
              .formatted(name, type, shape, values.byteSize() / type.bytes));
    }
    if (name.equals(Safetensors.METADATA)) {
      throw new IllegalArgumentException("safetensors: a tensor cannot be named " + name);
    }
    if (parts.putIfAbsent(name, new Part(name, type, shape, values)) != null) {
      throw new IllegalArgumentException("safetensors: " + name + " was added twice");
    }
    return this;
  }

  /// Writes the file completely or not at all.
  ///
  /// @throws java.io.UncheckedIOException one line; the old file is unchanged
  public void write(Path path) {
    List<Part> order = new ArrayList<>(parts.values()); // by name, and the sort is stable
    order.sort(Comparator.comparingInt(part -> -part.type().bytes));
    byte[] header = header(order);
    AtomicFile.write(
        path,
        channel -> {
          ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
          chunk.putLong(header.length).flip();
          AtomicFile.writeFully(channel, chunk);
          AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
          Checksum checksum = new Checksum(header);
          for (Part part : order) {
            writeValues(part, channel, chunk, checksum);
          }
          ByteBuffer digits =
              ByteBuffer.wrap(checksum.digits().getBytes(StandardCharsets.US_ASCII));
          AtomicFile.writeFully(channel.position(Long.BYTES + Checksum.position(header)), digits);
        });
  }

  private byte[] header(List<Part> order) {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, String> all = new TreeMap<>(metadata);
    all.put(Checksum.KEY, Checksum.UNKNOWN);
    json.put(Safetensors.METADATA, all);
    long begin = 0;
    for (Part part : order) {
      long end = begin + part.values().byteSize();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", part.type().name());
      entry.put("shape", part.shape().dims());
      entry.put("data_offsets", new long[] {begin, end});
      json.put(part.name(), entry);
      begin = end;
    }
    byte[] text = Json.line(json).getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8); // so that the numbers align
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeValues(
      Part part, FileChannel channel, ByteBuffer chunk, Checksum checksum) throws IOException {
    int bytes = part.type().bytes;
    MemorySegment target = MemorySegment.ofBuffer(chunk.clear());
    for (long at = 0; at < part.values().byteSize(); at += CHUNK) {
      int length = (int) Math.min(CHUNK, part.values().byteSize() - at);
      MemorySegment.copy(
          part.values(),
          part.type().layout(ByteOrder.nativeOrder()),
          at,
          target,
          part.type().layout(ByteOrder.LITTLE_ENDIAN),
          0,
          length / bytes);
      checksum.update(chunk.clear().limit(length));
      AtomicFile.writeFully(channel, chunk);
    }
  }
}
