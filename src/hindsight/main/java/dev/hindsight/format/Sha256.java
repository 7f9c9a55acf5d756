package dev.hindsight.format;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

public final class Sha256 {
  private final MessageDigest digest = digest();

  /// Takes the bytes between the position and the limit of a buffer, without consuming them.
  public void update(ByteBuffer bytes) {
    digest.update(bytes.duplicate());
  }

  public void update(byte[] bytes) {
    digest.update(bytes);
  }

  /// The 64 digits of these bytes, in lower case.
  public static String digits(byte[] bytes) {
    Sha256 sha = new Sha256();
    sha.update(bytes);
    return sha.digits();
  }

  /// The 64 digits of all bytes so far, in lower case; then resets.
  public String digits() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
