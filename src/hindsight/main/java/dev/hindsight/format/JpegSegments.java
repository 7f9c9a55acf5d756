package dev.hindsight.format;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The segments of a JPEG: 0xff, which, length, data; what lies between them, such as the coded
/// pixels of a scan, is passed over up to the next 0xff that no zero follows (ITU-T T.81, annex B).
///
/// @param count how many there are
/// @param components of a pixel; 4 are inks
/// @param adobe what the Adobe segment says of colours, [#NO_ADOBE] where there is none
record JpegSegments(int count, int components, int adobe) {
  static final int NO_ADOBE = -1;

  /// Inks that are stored as brightness, difference of colours, and black.
  static final int YCCK = 2;

  private static final int ESCAPE = 0xff;
  private static final int STUFFED = 0x00;
  private static final int TEMPORARY = 0x01;
  private static final int FIRST_RESTART = 0xd0;
  private static final int END_OF_IMAGE = 0xd9;
  private static final int ADOBE_SEGMENT = 0xee;
  private static final int FIRST_FRAME = 0xc0;
  private static final int LAST_FRAME = 0xcf;
  private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);

  static JpegSegments of(byte[] file) {
    int segments = 0;
    int components = 0;
    int adobe = NO_ADOBE;
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
        if (isFrame(marker) && at + 9 < file.length) {
          components = file[at + 9] & 0xff;
        } else if (marker == ADOBE_SEGMENT && saysAdobe(file, at + 4)) {
          adobe = file[at + 15] & 0xff;
        }
        at += 2 + Math.max(2, length);
        segments++;
      }
    }
    return new JpegSegments(segments, components, adobe);
  }

  // Whether neither length nor data follow.
  private static boolean isBare(int marker) {
    return marker == STUFFED
        || marker == TEMPORARY
        || (marker >= FIRST_RESTART && marker <= END_OF_IMAGE);
  }

  /// Of every four, the first is something else than a frame, but for the very first.
  private static boolean isFrame(int marker) {
    return marker == FIRST_FRAME
        || (marker > FIRST_FRAME && marker <= LAST_FRAME && marker % 4 != 0);
  }

  private static boolean saysAdobe(byte[] file, int at) {
    return at + 11 < file.length
        && Arrays.equals(file, at, at + ADOBE.length, ADOBE, 0, ADOBE.length);
  }
}
