package dev.hindsight.format;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// Writes scalars and images for TensorBoard: TFRecords, each a protobuf `Event` (event.proto and
/// summary.proto of TensorFlow).
///
/// Each event is in the file when its method returns, and on disk after [#force]. A failed write is
/// an [java.io.UncheckedIOException] of one line.
public final class TensorBoardWriter implements AutoCloseable {
  // Fields of Event, Summary.Value, Image and SessionLog.
  private static final int EVENT_WALL_TIME = 1;
  static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int VALUE_IMAGE = 4;
  private static final int IMAGE_HEIGHT = 1;
  private static final int IMAGE_WIDTH = 2;
  private static final int IMAGE_COLORSPACE = 3; // its value is the number of channels
  private static final int IMAGE_ENCODED = 4;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;

  private static final String PREFIX = "events.out.tfevents.";
  private static final String SUFFIX = ".hindsight";
  private static final Pattern NAME =
      Pattern.compile(Pattern.quote(PREFIX) + "(\\d{10})" + Pattern.quote(SUFFIX));

  private final Path file;
  private final FileChannel channel;

  private TensorBoardWriter(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
    write(event(0).text(EVENT_FILE_VERSION, "brain.Event:2"));
  }

  /// Starts a new event file in the folder, which is made when it is missing.
  ///
  /// @throws java.io.UncheckedIOException when it is a link, which may lead out of a run's folder
  public static TensorBoardWriter open(Path folder) {
    try {
      if (Files.isSymbolicLink(folder)) {
        throw new IOException("it is a link; replace it by a folder");
      }
      Files.createDirectories(folder);
      AtomicFile.forceNames(AtomicFile.folderOf(folder));
      for (long second = firstSecond(folder); ; second++) {
        Path file = folder.resolve(String.format(Locale.ROOT, PREFIX + "%010d" + SUFFIX, second));
        try {
          return new TensorBoardWriter(
              file,
              FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW));
        } catch (FileAlreadyExistsException _) {
          // another process was faster: take the next
        }
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot write TensorBoard events into " + folder, e);
    }
  }

  /// Whether a file name is one that [#open] gives.
  public static boolean isEventFile(Path file) {
    return NAME.matcher(String.valueOf(file.getFileName())).matches();
  }

  /// TensorBoard reads the files of a folder in the order of their names, so a new one must come
  /// last even where the clock went back.
  private static long firstSecond(Path folder) throws IOException {
    long second = Math.max(0, System.currentTimeMillis() / 1000);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        if (name.matches()) {
          second = Math.max(second, Long.parseLong(name.group(1)) + 1);
        }
      }
    }
    return second;
  }

  /// Starts a new event file that takes back all earlier events after `step`, for a run that goes
  /// on from a checkpoint.
  public static TensorBoardWriter resume(Path folder, long step) {
    TensorBoardWriter writer = open(folder);
    ProtoWriter start = new ProtoWriter().integer(SESSION_STATUS, SESSION_START);
    writer.write(event(step + 1).message(EVENT_SESSION_LOG, start));
    return writer;
  }

  public void scalar(long step, String tag, double value) {
    summary(step, new ProtoWriter().text(VALUE_TAG, tag).float32(VALUE_SIMPLE, (float) value));
  }

  /// A PNG of so many channels: 1, grey, or 3, red, green and blue.
  public void image(long step, String tag, int width, int height, int channels, byte[] png) {
    ProtoWriter image =
        new ProtoWriter()
            .integer(IMAGE_HEIGHT, height)
            .integer(IMAGE_WIDTH, width)
            .integer(IMAGE_COLORSPACE, channels)
            .bytes(IMAGE_ENCODED, png);
    summary(step, new ProtoWriter().text(VALUE_TAG, tag).message(VALUE_IMAGE, image));
  }

  /// Forces to disk what was written, and the file's name.
  public void force() {
    IoErrors.orFail(
        "cannot write " + file,
        () -> {
          channel.force(false);
          AtomicFile.forceNames(AtomicFile.folderOf(file));
        });
  }

  @Override
  public void close() {
    IoErrors.orFail("cannot close " + file, channel::close);
  }

  private void summary(long step, ProtoWriter value) {
    write(event(step).message(EVENT_SUMMARY, new ProtoWriter().message(SUMMARY_VALUE, value)));
  }

  private static ProtoWriter event(long step) {
    return new ProtoWriter()
        .float64(EVENT_WALL_TIME, System.currentTimeMillis() / 1e3)
        .integer(EVENT_STEP, step);
  }

  /// One TFRecord: length, its checksum, the event, its checksum.
  private void write(ProtoWriter event) {
    byte[] data = event.toBytes();
    ByteBuffer record = ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), 0, 8));
    record.put(data);
    record.putInt(maskedCrc(record.array(), 12, data.length));
    IoErrors.orFail("cannot write " + file, () -> AtomicFile.writeFully(channel, record.flip()));
  }

  /// CRC-32C, rotated and shifted so that a checksum of checksums stays useful.
  static int maskedCrc(byte[] bytes, int offset, int length) {
    var crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
