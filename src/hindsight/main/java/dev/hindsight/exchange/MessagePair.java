package dev.hindsight.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/// A message to a worker and the one that it sends at the same time. Each has a header with the
/// number of the message and its length; one that does not fit is refused before it is read.
final class MessagePair {
  private static final int HEADER = Long.BYTES + Integer.BYTES;

  private final SocketChannel channel;
  private final String peer;
  private final long number;
  private final ByteBuffer[] out;
  private final ByteBuffer header = header();
  private final ByteBuffer in;
  private boolean headerRead;

  /// @param peer for messages: `worker 3 at host:port`
  /// @param number of this message, the same for both
  /// @param out what is sent, from its position to its limit
  /// @param in filled from its position to its limit
  MessagePair(SocketChannel channel, String peer, long number, ByteBuffer out, ByteBuffer in) {
    this.channel = channel;
    this.peer = peer;
    this.number = number;
    this.in = in;
    ByteBuffer head = header().putLong(number).putInt(out.remaining()).flip();
    this.out = new ByteBuffer[] {head, out};
  }

  private static ByteBuffer header() {
    return ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
  }

  SocketChannel channel() {
    return channel;
  }

  String peer() {
    return peer;
  }

  /// What it waits for, as bits of a [SelectionKey]; 0 when both messages are through.
  int waitsFor() {
    int write = out[1].hasRemaining() || out[0].hasRemaining() ? SelectionKey.OP_WRITE : 0;
    int read = in.hasRemaining() || !headerRead ? SelectionKey.OP_READ : 0;
    return write | read;
  }

  /// Sends and takes what goes without waiting.
  void go() {
    try {
      if ((waitsFor() & SelectionKey.OP_WRITE) != 0) {
        channel.write(out);
      }
      if (!headerRead) {
        fill(header);
        if (!header.hasRemaining()) {
          check(header.flip());
          headerRead = true;
        }
      }
      if (headerRead && in.hasRemaining()) {
        fill(in);
      }
    } catch (IOException e) {
      throw new ExchangeException("%s is gone (%s)".formatted(peer, e.getMessage()), e);
    }
  }

  private void fill(ByteBuffer buffer) throws IOException {
    if (channel.read(buffer) < 0) {
      throw new ExchangeException(
          "%s is gone: the connection ended %s"
              .formatted(
                  peer, headerRead || header.position() > 0 ? "in a message" : "between two"));
    }
  }

  private void check(ByteBuffer header) {
    long itsNumber = header.getLong();
    int itsBytes = header.getInt();
    if (itsNumber != number || itsBytes != in.remaining()) {
      throw new ExchangeException(
          "%s sent message %d of %d bytes but message %d of %d bytes was expected"
              .formatted(peer, itsNumber, itsBytes, number, in.remaining()));
    }
  }
}
