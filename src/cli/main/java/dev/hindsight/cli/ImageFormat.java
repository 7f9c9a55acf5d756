package dev.hindsight.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/// The formats of given images, known by their first bytes, and how many parts a file of one has.
/// Decoders are made for honest files: Java's walks, for each APP2 segment of a JPEG, through all
/// that it met before, so that four megabytes of them would keep it busy for hours.
@SuppressWarnings("ImmutableEnumChecker") // bytes that nobody changes
enum ImageFormat {
  /// Signature, then chunks: length, name, data, CRC-32 of name and data (PNG, third edition,
  /// section 5.3). Java's decoder passes over the CRCs.
  PNG(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n') {
    private static final int AROUND = 12; // bytes of a chunk that are not its data
    private static final int LAST_CHUNK = 0x49454e44; // IEND

    @Override
    int parts(byte[] file) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(file);
      int at = MAGIC_BYTES;
      int chunks = 0;
      boolean ended = false; // some programs append what is theirs
      while (!ended && file.length - at >= AROUND) {
        int length = bytes.getInt(at);
        if (length < 0 || length > file.length - at - AROUND) {
          break; // which the decoder refuses
        }
        CRC32 crc = new CRC32();
        crc.update(file, at + Integer.BYTES, Integer.BYTES + length);
        if ((int) crc.getValue() != bytes.getInt(at + 2 * Integer.BYTES + length)) {
          throw new IOException("damaged: the CRC of chunk %d is wrong".formatted(chunks + 1));
        }
        ended = bytes.getInt(at + Integer.BYTES) == LAST_CHUNK;
        at += length + AROUND;
        chunks++;
      }
      return chunks;
    }
  },

  /// Segments: 0xff, which, length, data; what lies between them, such as the coded pixels of a
  /// scan, is passed over up to the next 0xff that no zero follows (ITU-T T.81, annex B).
  JPEG(0xff, 0xd8, 0xff) {
    private static final int ESCAPE = 0xff;
    private static final int STUFFED = 0x00;
    private static final int TEMPORARY = 0x01;
    private static final int FIRST_RESTART = 0xd0;
    private static final int END_OF_IMAGE = 0xd9;

    @Override
    int parts(byte[] file) {
      int segments = 0;
      int at = 0;
      while (at + 1 < file.length) {
        if ((file[at] & 0xff) != ESCAPE) {
          at++;
          continue;
        }
        int marker = file[at + 1] & 0xff;
        if (marker == ESCAPE) { // any number may stand before a marker
          at++;
        } else if (isBare(marker) || at + 3 >= file.length) {
          at += 2;
        } else {
          int length = ((file[at + 2] & 0xff) << 8) | (file[at + 3] & 0xff);
          at += 2 + Math.max(2, length);
          segments++;
        }
      }
      return segments;
    }

    // Whether neither length nor data follow.
    private static boolean isBare(int marker) {
      return marker == STUFFED
          || marker == TEMPORARY
          || (marker >= FIRST_RESTART && marker <= END_OF_IMAGE);
    }
  };

  private static final int MAGIC_BYTES = 8;
  private final byte[] magic;

  ImageFormat(int... magic) {
    this.magic = new byte[magic.length];
    for (int k = 0; k < magic.length; k++) {
      this.magic[k] = (byte) magic[k];
    }
  }

  /// That of a file, whatever its name says.
  static Optional<ImageFormat> of(byte[] file) {
    return Arrays.stream(values()).filter(format -> format.begins(file)).findFirst();
  }

  private boolean begins(byte[] file) {
    return file.length >= magic.length
        && Arrays.equals(file, 0, magic.length, magic, 0, magic.length);
  }

  /// Into how many chunks or segments a file falls, as far as a decoder would follow.
  ///
  /// @throws IOException when a checksum is wrong
  abstract int parts(byte[] file) throws IOException;
}
