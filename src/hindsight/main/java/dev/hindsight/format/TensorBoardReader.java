package dev.hindsight.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// Checks an event file of TensorBoard: that each record is complete, and the last step of its
/// events.
public final class TensorBoardReader {
  private static final long MOST_BYTES = 1 << 30;
  private static final int BEFORE = 12; // length and its checksum
  private static final int AFTER = 4;

  /// What a file holds.
  ///
  /// @param records complete ones
  /// @param lastStep the highest of all events
  /// @param torn how many bytes at its end are no whole record: a process that is killed while it
  ///   writes leaves such, and readers stop there
  public record Events(int records, long lastStep, long torn) {}

  private TensorBoardReader() {}

  /// Reads a file.
  ///
  /// @throws FormatException when it cannot be read, or a checksum or an event is wrong
  public static Events read(Path file) {
    byte[] bytes = BoundedFile.read(file, MOST_BYTES);
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int records = 0;
    long lastStep = 0;
    while (in.remaining() >= BEFORE) {
      int start = in.position();
      long length = in.getLong();
      requireChecksum(file, start, bytes, start, Long.BYTES, in.getInt());
      if (length < 0 || length > in.remaining() - AFTER) {
        in.position(start);
        break;
      }
      byte[] event = new byte[(int) length];
      in.get(event);
      requireChecksum(file, start, event, 0, event.length, in.getInt());
      try {
        lastStep = Math.max(lastStep, ProtoReader.integer(event, TensorBoardWriter.EVENT_STEP));
      } catch (IllegalArgumentException e) {
        throw damaged(file, start, String.valueOf(e.getMessage()));
      }
      records++;
    }
    return new Events(records, lastStep, in.remaining());
  }

  private static void requireChecksum(
      Path file, int record, byte[] bytes, int offset, int length, int wanted) {
    if (TensorBoardWriter.maskedCrc(bytes, offset, length) != wanted) {
      throw damaged(file, record, "has another checksum than when it was written");
    }
  }

  private static FormatException damaged(Path file, int record, String what) {
    return new FormatException(
        "%s: damaged: the record at byte %d %s; delete it, training does not need it"
            .formatted(file, record, what));
  }
}
