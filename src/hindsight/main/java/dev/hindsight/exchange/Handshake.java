package dev.hindsight.exchange;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The first bytes of a connection: a challenge and response by which both ends prove that they
/// have the job's token. The token itself is never sent, and a proof is of use once, between the
/// two workers that it names: each end adds 32 random bytes of its own.
///
/// ```
/// callee   32 bytes nonce
/// caller   4 bytes "HSX2" | 4 bytes rank | 4 bytes world | 32 bytes nonce | 32 bytes proof
/// callee   32 bytes proof
/// ```
///
/// A proof is the HMAC-SHA256, keyed with the token, of its direction, both ranks, the number of
/// workers and both nonces. The port is open to the network, so callers without a proof are
/// refused, and never more bytes are read than a greeting has.
record Handshake(String token, int rank, int world) {
  private static final int MAGIC = 0x48535832; // HSX2
  private static final int NONCE = 32;
  private static final int PROOF = 32;
  private static final int GREETING = 3 * Integer.BYTES + NONCE + PROOF;
  private static final SecureRandom RANDOM = new SecureRandom();

  /// Greets the worker that we called.
  ///
  /// @throws IOException when `peer` does not answer within `patience`, or another program does
  void call(Socket socket, int peer, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    byte[] challenge = read(socket, NONCE, deadline);
    byte[] nonce = nonce();
    ByteBuffer greeting = ByteBuffer.allocate(GREETING);
    greeting.putInt(MAGIC).putInt(rank).putInt(world).put(nonce);
    greeting.put(proof("call", rank, peer, challenge, nonce));
    socket.getOutputStream().write(greeting.array());
    byte[] answer = read(socket, PROOF, deadline);
    if (!MessageDigest.isEqual(answer, proof("answer", rank, peer, challenge, nonce))) {
      throw new IOException("another program answers");
    }
  }

  /// Takes a caller's greeting and answers it.
  ///
  /// @return the caller's rank; null where it is a stranger
  /// @throws IOException when the greeting is not complete within `patience`
  @Nullable Integer answer(Socket socket, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    byte[] challenge = nonce();
    socket.getOutputStream().write(challenge);
    if (ByteBuffer.wrap(read(socket, Integer.BYTES, deadline)).getInt() != MAGIC) {
      return null;
    }
    ByteBuffer greeting = ByteBuffer.wrap(read(socket, GREETING - Integer.BYTES, deadline));
    int caller = greeting.getInt();
    int itsWorld = greeting.getInt();
    byte[] nonce = new byte[NONCE];
    byte[] proof = new byte[PROOF];
    greeting.get(nonce).get(proof);
    boolean proven = MessageDigest.isEqual(proof, proof("call", caller, rank, challenge, nonce));
    if (!proven || itsWorld != world || caller < 0 || caller >= world || caller == rank) {
      return null;
    }
    socket.getOutputStream().write(proof("answer", caller, rank, challenge, nonce));
    return caller;
  }

  /// Reads so many bytes. A deadline for each read alone would let a byte now and then hold the
  /// connection for as long as it likes.
  private static byte[] read(Socket socket, int count, long deadline) throws IOException {
    byte[] bytes = new byte[count];
    DataInputStream in = new DataInputStream(socket.getInputStream());
    for (int k = 0; k < count; k++) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new SocketTimeoutException("no complete greeting in time");
      }
      socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
      bytes[k] = in.readByte();
    }
    return bytes;
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  private byte[] proof(String direction, int caller, int callee, byte[] challenge, byte[] nonce) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      String about = "%s %d to %d of %d".formatted(direction, caller, callee, world);
      mac.update(about.getBytes(StandardCharsets.UTF_8));
      mac.update(challenge);
      return mac.doFinal(nonce);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC-SHA256", e);
    }
  }
}
