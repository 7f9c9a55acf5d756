package dev.hindsight.data;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The body of an HTTP answer, piece by piece, with deadlines: the JDK's client has one for the
/// beginning of an answer alone.
final class ResponseBody implements AutoCloseable {
  private final Download.Patience patience;
  private final long began = System.nanoTime();
  private final Arrivals arrivals = new Arrivals();
  private final Queue<ByteBuffer> pieces = new ArrayDeque<>();

  ResponseBody(Flow.Publisher<List<ByteBuffer>> body, Download.Patience patience) {
    this.patience = patience;
    body.subscribe(arrivals);
  }

  /// The next piece; null after the last.
  ///
  /// @throws IOException when it does not come in time, or the connection fails
  @Nullable ByteBuffer next() throws IOException {
    while (pieces.isEmpty()) {
      switch (arrive()) {
        case Some(List<ByteBuffer> some) -> {
          pieces.addAll(some);
          arrivals.ask();
        }
        case Broken(String why, Throwable cause) -> throw new IOException(why, cause);
        case End _ -> {
          return null;
        }
      }
    }
    return pieces.remove();
  }

  private Arrival arrive() throws IOException {
    long left = patience.whole().toNanos() - (System.nanoTime() - began);
    boolean last = left < patience.idle().toNanos();
    try {
      Arrival arrival =
          arrivals.queue.poll(last ? left : patience.idle().toNanos(), TimeUnit.NANOSECONDS);
      if (arrival != null) {
        return arrival;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    throw new IOException(
        last
            ? "not done after " + seconds(patience.whole())
            : "nothing came for " + seconds(patience.idle()));
  }

  private static String seconds(Duration time) {
    return time.toMillis() / 1000.0 + " s";
  }

  @Override
  public void close() {
    arrivals.cancel();
  }

  /// What comes from the client.
  private sealed interface Arrival {}

  private record Some(List<ByteBuffer> pieces) implements Arrival {}

  private record Broken(String why, Throwable cause) implements Arrival {}

  private record End() implements Arrival {}

  /// Asks for the next pieces only when the last were taken: a slow disk slows the mirror.
  private static final class Arrivals implements Flow.Subscriber<List<ByteBuffer>> {
    final BlockingQueue<Arrival> queue = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    void ask() {
      Flow.Subscription current = subscription;
      if (current != null) {
        current.request(1);
      }
    }

    void cancel() {
      Flow.Subscription current = subscription;
      if (current != null) {
        current.cancel();
      }
    }

    @Override
    public void onNext(List<ByteBuffer> some) {
      queue.add(new Some(some));
    }

    @Override
    public void onError(Throwable e) {
      queue.add(new Broken(String.valueOf(e.getMessage()), e));
    }

    @Override
    public void onComplete() {
      queue.add(new End());
    }
  }
}
