package dev.hindsight.exchange;

import dev.hindsight.format.Sha256;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// The first bytes on a connection: who is there, and that both were told the same token. A port is
/// open to the whole network, so whoever cannot say it is sent away before anything else is read,
/// and of nobody are more bytes read than a greeting has.
///
/// ```
/// 4 bytes "HSX1" | 64 digits: SHA-256 of token, direction, rank and world | 4 bytes rank | 4 bytes world
/// ```
record Handshake(String token, int rank, int world) {
  private static final int MAGIC = 0x48535831; // HSX1
  private static final int DIGITS = 64;
  private static final int BYTES = Integer.BYTES + DIGITS + 2 * Integer.BYTES;

  /// Says who we are and waits for the one that we called to do so.
  ///
  /// @throws IOException when nobody answers, or not who `peer` is
  void call(Socket socket, int peer) throws IOException {
    greet(socket, "call");
    Integer answered = read(socket, "answer");
    if (answered == null || answered != peer) {
      throw new IOException("another program answers there");
    }
  }

  /// Waits for a caller's greeting and answers it.
  ///
  /// @return the caller's rank; null where it is a stranger
  @Nullable Integer answer(Socket socket) throws IOException {
    Integer caller = read(socket, "call");
    if (caller != null) {
      greet(socket, "answer");
    }
    return caller;
  }

  private void greet(Socket socket, String direction) throws IOException {
    ByteBuffer greeting = ByteBuffer.allocate(BYTES);
    greeting.putInt(MAGIC).put(digits(direction, rank)).putInt(rank).putInt(world);
    socket.getOutputStream().write(greeting.array());
  }

  private @Nullable Integer read(Socket socket, String direction) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    if (in.readInt() != MAGIC) {
      return null;
    }
    byte[] said = new byte[DIGITS];
    in.readFully(said);
    int peer = in.readInt();
    boolean sameWorld = in.readInt() == world;
    boolean told = MessageDigest.isEqual(said, digits(direction, peer));
    return told && sameWorld && peer >= 0 && peer < world && peer != rank ? peer : null;
  }

  private byte[] digits(String direction, int peer) {
    String said = "%s %s %d of %d".formatted(token, direction, peer, world);
    Sha256 digest = new Sha256();
    digest.update(said.getBytes(StandardCharsets.UTF_8));
    return digest.digits().getBytes(StandardCharsets.US_ASCII);
  }
}
