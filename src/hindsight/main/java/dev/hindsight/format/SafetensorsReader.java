package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import dev.hindsight.format.Safetensors.NumberType;
import dev.hindsight.format.Safetensors.StoredTensor;
import dev.hindsight.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SequencedMap;

/// An open safetensors file whose header has been checked, and where it carries a [Checksum], as
/// ours do, all of it; numbers are read when they are asked for.
///
/// All failures are [FormatException]s, one line with file, found, expected and remedy.
public final class SafetensorsReader implements AutoCloseable {
  private static final int CHUNK = 1 << 20;
  private static final int LENGTH_BYTES = 8;

  private final Path path;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final long dataStart;
  private final ByteBuffer chunk;

  private SafetensorsReader(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    long fileBytes = channel.size();
    if (fileBytes < LENGTH_BYTES) {
      throw damaged(
          path.toString(),
          "truncated: %d bytes, less than a safetensors file's length field".formatted(fileBytes));
    }
    ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(length, 0);
    long headerBytes = length.flip().getLong();
    if (headerBytes < 0 || headerBytes > Safetensors.MOST_HEADER_BYTES) {
      throw damaged(
          path.toString(),
          "its header would be %s bytes long; at most %d are allowed"
              .formatted(Long.toUnsignedString(headerBytes), Safetensors.MOST_HEADER_BYTES));
    }
    if (headerBytes > fileBytes - LENGTH_BYTES) {
      throw damaged(
          path.toString(),
          "truncated: its header would be %d bytes long but only %d follow"
              .formatted(headerBytes, fileBytes - LENGTH_BYTES));
    }
    dataStart = LENGTH_BYTES + headerBytes;
    ByteBuffer text = ByteBuffer.allocate((int) headerBytes);
    readFully(text, LENGTH_BYTES);
    header = SafetensorsHeader.parse(path.toString(), text.array(), fileBytes - dataStart);
    chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK, fileBytes - dataStart));
    if (Checksum.claimed(header.metadata())) {
      verify(text.array(), fileBytes);
    }
  }

  private void verify(byte[] text, long fileBytes) throws IOException {
    int position = Checksum.position(text);
    if (position < 0) {
      throw changed("the checksum in its header is no SHA-256");
    }
    Checksum checksum = new Checksum(Checksum.withoutDigits(text, position));
    for (long at = dataStart; at < fileBytes; at += CHUNK) {
      chunk.clear().limit((int) Math.min(CHUNK, fileBytes - at));
      readFully(chunk, at);
      checksum.update(chunk.flip());
    }
    String found = checksum.digits();
    String wanted = Checksum.digitsAt(text, position);
    if (!found.equals(wanted)) {
      throw changed(
          "its SHA-256 is %s… but was %s… when it was written"
              .formatted(found.substring(0, 12), wanted.substring(0, 12)));
    }
  }

  private FormatException changed(String what) {
    return new FormatException(
        "%s: damaged: %s; use another copy or train again; if you changed it on purpose, remove '%s' from its metadata"
            .formatted(path, what, Checksum.KEY));
  }

  /// Opens a file and checks its header.
  public static SafetensorsReader open(Path path) {
    if (Files.isDirectory(path)) {
      throw new FormatException(path + ": is a folder; expected a safetensors file");
    }
    FileChannel channel = null;
    SafetensorsReader reader = null;
    try {
      IoErrors.requireRegular(path);
      channel = FileChannel.open(path, StandardOpenOption.READ);
      reader = new SafetensorsReader(path, channel);
      return reader;
    } catch (IOException e) {
      throw FormatException.unreadable(path, e);
    } finally {
      if (channel != null && reader == null) {
        close(path, channel);
      }
    }
  }

  /// The entries of `__metadata__`, a checksum included.
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /// Whether the file carried a checksum, which then has been checked; those of others do not.
  public boolean hasChecksum() {
    return Checksum.claimed(header.metadata());
  }

  /// The tensors by name, in the order of their bytes.
  public SequencedMap<String, StoredTensor> entries() {
    return header.entries();
  }

  /// The values of an F32, F16 or BF16 tensor that must have this shape.
  public float[] floats(String name, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    floats(name, shape, values, 0);
    return values;
  }

  /// Reads such a tensor into a flat array, from element `offset` on.
  public void floats(String name, Shape shape, float[] flat, int offset) {
    StoredTensor entry = header.entries().get(name);
    if (entry != null && entry.type().isHalf()) {
      short[] halves = new short[require(name, entry.type(), shape).count()];
      read(name, entry.type(), shape, MemorySegment.ofArray(halves));
      for (int i = 0; i < halves.length; i++) {
        flat[offset + i] = entry.type().toFloat(halves[i]);
      }
      return;
    }
    MemorySegment all = MemorySegment.ofArray(flat);
    read(name, NumberType.F32, shape, all.asSlice(4L * offset, 4 * shape.size()));
  }

  /// The same, where every value must be a number: weights are.
  public void finiteFloats(String name, Shape shape, float[] flat, int offset) {
    floats(name, shape, flat, offset);
    for (int i = offset; i < offset + shape.size(); i++) {
      if (!Float.isFinite(flat[i])) {
        throw damaged(
            path.toString(),
            "tensor '%s' has %s at element %d".formatted(name, flat[i], i - offset));
      }
    }
  }

  /// The values of an F64 tensor that must have this shape.
  public double[] doubles(String name, Shape shape) {
    double[] values = new double[require(name, NumberType.F64, shape).count()];
    read(name, NumberType.F64, shape, MemorySegment.ofArray(values));
    return values;
  }

  /// The values of an I32 tensor that must have this shape.
  public int[] ints(String name, Shape shape) {
    int[] values = new int[require(name, NumberType.I32, shape).count()];
    read(name, NumberType.I32, shape, MemorySegment.ofArray(values));
    return values;
  }

  /// The values of an I64 tensor that must have this shape.
  public long[] longs(String name, Shape shape) {
    long[] values = new long[require(name, NumberType.I64, shape).count()];
    read(name, NumberType.I64, shape, MemorySegment.ofArray(values));
    return values;
  }

  @Override
  public void close() {
    close(path, channel);
  }

  private StoredTensor require(String name, NumberType type, Shape shape) {
    StoredTensor entry = header.entries().get(name);
    if (entry == null) {
      throw new FormatException(
          "%s: has no tensor '%s' but %d others; expected %s %s, so it is of another model"
              .formatted(path, name, header.entries().size(), type, shape));
    }
    if (entry.type() != type || !entry.shape().equals(shape)) {
      throw new FormatException(
          "%s: tensor '%s' is %s but expected %s %s; it is of another model or size"
              .formatted(path, name, entry, type, shape));
    }
    return entry;
  }

  private void read(String name, NumberType type, Shape shape, MemorySegment target) {
    StoredTensor entry = require(name, type, shape);
    MemorySegment source = MemorySegment.ofBuffer(chunk.clear());
    try {
      for (long at = 0; at < target.byteSize(); at += CHUNK) {
        int length = (int) Math.min(CHUNK, target.byteSize() - at);
        readFully(chunk.clear().limit(length), dataStart + entry.begin() + at);
        MemorySegment.copy(
            source,
            type.layout(ByteOrder.LITTLE_ENDIAN),
            0,
            target,
            type.layout(ByteOrder.nativeOrder()),
            at,
            length / type.bytes);
      }
    } catch (IOException e) {
      throw FormatException.unreadable(path, e);
    }
  }

  private void readFully(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int n = channel.read(buffer, at);
      if (n < 0) {
        throw damaged(path.toString(), "truncated while it was being read");
      }
      at += n;
    }
  }

  static FormatException damaged(String where, String what) {
    return new FormatException(
        where + ": " + what + "; not a valid safetensors file, use another copy or train again");
  }

  private static void close(Path path, FileChannel channel) {
    IoErrors.orFail("cannot close " + path, channel::close);
  }
}
