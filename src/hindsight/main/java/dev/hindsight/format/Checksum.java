package dev.hindsight.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The SHA-256 that a safetensors file of ours carries in its `__metadata__`: of its header, in
/// which the digits themselves are zeros, and of all its numbers. So one flipped bit anywhere is
/// found, and the header can be written before the numbers are hashed.
final class Checksum {
  static final String KEY = "hindsight.checksum";
  private static final String PREFIX = "hindsight.sha256:";
  private static final int DIGITS = 64;

  /// What a header holds until the digits are known.
  static final String UNKNOWN = PREFIX + "0".repeat(DIGITS);

  private static final Pattern VALUE = Pattern.compile(Pattern.quote(PREFIX) + "[0-9a-f]{64}");

  private final Sha256 digest = new Sha256();

  /// @param header with zeros for digits
  Checksum(byte[] header) {
    digest.update(header);
  }

  /// Takes the next bytes of the numbers, which are read without being consumed.
  void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  String digits() {
    return digest.digits();
  }

  /// Whether a file claims a checksum. The name or the value alone are enough, so that a damaged
  /// one is no file without.
  static boolean claimed(Map<String, String> metadata) {
    return metadata.containsKey(KEY)
        || metadata.values().stream().anyMatch(value -> value.startsWith(PREFIX));
  }

  /// Where the digits are in a header, -1 where none of the right form are.
  static int position(byte[] header) {
    String text = new String(header, StandardCharsets.ISO_8859_1); // a character a byte
    Matcher value = VALUE.matcher(text);
    boolean once = value.find() && text.startsWith("\"" + KEY + "\":\"", before(value));
    return once ? value.end() - DIGITS : -1;
  }

  private static int before(Matcher value) {
    return value.start() - KEY.length() - 4; // with its quotes, the colon and a quote
  }

  static String digitsAt(byte[] header, int position) {
    return new String(header, position, DIGITS, StandardCharsets.US_ASCII);
  }

  static byte[] withoutDigits(byte[] header, int position) {
    byte[] zeros = header.clone();
    Arrays.fill(zeros, position, position + DIGITS, (byte) '0');
    return zeros;
  }
}
