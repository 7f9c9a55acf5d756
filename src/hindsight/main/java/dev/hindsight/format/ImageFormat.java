package dev.hindsight.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/// The formats of pictures, known by their first bytes, and what their decoders do not look at.
@SuppressWarnings("ImmutableEnumChecker") // bytes that nobody changes
enum ImageFormat {
  /// Signature, then chunks: length, name, data, CRC-32 of name and data (PNG, third edition,
  /// section 5.3). Java's decoder passes over the CRCs.
  PNG(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n') {
    private static final int AROUND = 12; // bytes of a chunk that are not its data
    private static final int LAST_CHUNK = 0x49454e44; // IEND

    @Override
    void check(byte[] file) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(file);
      int at = MAGIC_BYTES;
      boolean ended = false; // some programs append what is theirs
      while (!ended && file.length - at >= AROUND) {
        int length = bytes.getInt(at);
        if (length < 0 || length > file.length - at - AROUND) {
          return; // which the decoder refuses
        }
        CRC32 crc = new CRC32();
        crc.update(file, at + Integer.BYTES, Integer.BYTES + length);
        if ((int) crc.getValue() != bytes.getInt(at + 2 * Integer.BYTES + length)) {
          throw new IOException("damaged: the CRC of the chunk at byte %d is wrong".formatted(at));
        }
        ended = bytes.getInt(at + Integer.BYTES) == LAST_CHUNK;
        at += length + AROUND;
      }
    }
  },

  JPEG(0xff, 0xd8, 0xff),

  /// A header, perhaps colours, then blocks, of which an image is one: all in pieces of a length
  /// and as many bytes, up to one of none (GIF89a, sections 15 to 20). What follows the first image
  /// is left unread. Java's decoder takes an image that ends early, and mixes up the rows of one
  /// that is interlaced and has fewer than five.
  GIF('G', 'I', 'F', '8') {
    private static final int HEADER = 13;
    private static final int FLAGS = 10;
    private static final int EXTENSION = 0x21;
    private static final int IMAGE = 0x2c;
    private static final int IMAGE_FLAGS = 9; // bytes behind where it begins
    private static final int IMAGE_HEIGHT = 7;
    private static final int INTERLACED = 0x40;
    private static final int FEWEST_ROWS = 5;

    @Override
    void check(byte[] file) throws IOException {
      int at = HEADER + colours(file, FLAGS);
      while (unsigned(file, at) == EXTENSION) {
        at = behindPieces(file, at + 2);
      }
      if (unsigned(file, at) != IMAGE) {
        throw new IOException("damaged: no image where one should begin");
      }
      int flags = at + IMAGE_FLAGS;
      behindPieces(file, flags + 1 + colours(file, flags) + 1);
      int height = unsigned(file, at + IMAGE_HEIGHT) | unsigned(file, at + IMAGE_HEIGHT + 1) << 8;
      if ((unsigned(file, flags) & INTERLACED) != 0 && height < FEWEST_ROWS) {
        throw new IOException("interlaced with fewer than %d rows".formatted(FEWEST_ROWS));
      }
    }

    private static int behindPieces(byte[] file, int first) throws IOException {
      int at = first;
      for (int length = unsigned(file, at); length > 0; length = unsigned(file, at)) {
        at += 1 + length;
      }
      return at + 1;
    }

    // Bytes of the colours that flags announce.
    private static int colours(byte[] file, int at) throws IOException {
      int flags = unsigned(file, at);
      return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static int unsigned(byte[] file, int at) throws IOException {
      if (at >= file.length) {
        throw new IOException(CUT);
      }
      return file[at] & 0xff;
    }
  },

  /// A header, perhaps colours, then rows of pixels. Java's decoder makes room for what the header
  /// claims, and takes rows that end early.
  BMP('B', 'M') {
    private static final int HEADER = 54;
    private static final int PIXELS = 10;
    private static final int HEADER_LENGTH = 14;
    private static final int WIDTH = 18;
    private static final int HEIGHT = 22;
    private static final int BITS = 28;
    private static final int COMPRESSION = 30;
    private static final int COLOURS = 46;
    private static final int OLD_HEADER = 12;
    private static final int BIT_FIELDS = 3;

    @Override
    void check(byte[] file) throws IOException {
      if (file.length < HEADER) {
        throw new IOException(CUT);
      }
      ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
      int pixels = bytes.getInt(PIXELS);
      if (bytes.getInt(HEADER_LENGTH) == OLD_HEADER) {
        throw new IOException("of OS/2; save it again");
      }
      int compression = bytes.getInt(COMPRESSION);
      int colours = bytes.getInt(COLOURS);
      if (compression < 0 || compression > BIT_FIELDS) {
        throw new IOException("of compression " + Integer.toUnsignedString(compression));
      }
      if (colours < 0 || colours > file.length || pixels < 0 || pixels > file.length) {
        throw new IOException(CUT);
      }
      boolean plain = compression == 0 || compression == BIT_FIELDS;
      long row = ((long) bytes.getInt(WIDTH) * bytes.getShort(BITS) + 31) / 32 * 4;
      if (plain && row * Math.abs((long) bytes.getInt(HEIGHT)) > file.length - pixels) {
        throw new IOException(CUT);
      }
    }
  };

  static final String CUT = "it ends in the middle";
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

  /// Looks for what the decoder does not see.
  ///
  /// @throws IOException when the file is damaged, or the decoder would misread it
  void check(byte[] file) throws IOException {}
}
