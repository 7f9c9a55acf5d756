package dev.hindsight.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.nn.Piece;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// All on loopback, each worker a thread with a backend of its own.
class TcpExchangeTest {
  private static final String TOKEN = "open sesame";
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final int ELEMENTS = 1009; // no worker's slice is as long as another's
  private static final int IMAGES = 8;
  private static final int CHALLENGE = 32; // bytes that a worker says first
  private static final int GREETING = 76; // and that a caller says then
  private static final List<Piece> PIECES =
      List.of(new Piece(0, 5), new Piece(7, 400), new Piece(401, 1008));

  @AutoClose("shutdownNow")
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  private final List<ServerSocketChannel> servers = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (ServerSocketChannel server : servers) {
      server.close();
    }
    servers.clear();
  }

  private List<InetSocketAddress> listen(int world) throws IOException {
    close();
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      ServerSocketChannel server = ServerSocketChannel.open();
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      servers.add(server);
      addresses.add((InetSocketAddress) server.getLocalAddress());
    }
    return addresses;
  }

  private TcpExchange connect(
      int rank, List<InetSocketAddress> addresses, String token, Duration patience) {
    return TcpExchange.connect(rank, addresses, servers.get(rank), token, patience, PIECES);
  }

  /// A gradient with values of all sizes, whose sum shows every change of order.
  private static float[] values(int rank) {
    Random random = new Random(rank);
    float[] values = new float[ELEMENTS];
    for (Piece piece : PIECES) {
      for (int k = piece.from(); k < piece.to(); k++) {
        values[k] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(6)));
      }
    }
    return values;
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Sums(float[] gradient, float[] nll) {}

  private static Sums exchange(Exchange exchange, float[] values) {
    try (Backend backend = Backends.open("cpu");
        Scope scope = backend.open("test")) {
      Tensor gradient = scope.floats(ELEMENTS);
      Tensor nll = scope.zeros(IMAGES);
      backend.write(gradient, values);
      int own = IMAGES / exchange.world();
      float[] losses = new float[IMAGES];
      for (int k = 0; k < own; k++) {
        losses[exchange.rank() * own + k] = exchange.rank() + 0.25f;
      }
      backend.write(nll, losses);
      exchange.sum(backend, gradient, nll);
      exchange.sum(backend, scope.zeros(ELEMENTS), scope.zeros(IMAGES)); // nothing is left over
      return new Sums(backend.readFloats(gradient), backend.readFloats(nll));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void givesEveryWorkerTheTreesSum(int world) throws Exception {
    List<InetSocketAddress> addresses = listen(world);
    List<Future<Sums>> workers = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      int own = rank;
      workers.add(
          THREADS.submit(
              () -> {
                try (TcpExchange exchange = connect(own, addresses, TOKEN, LONG)) {
                  return exchange(exchange, values(own));
                }
              }));
    }
    float[][] parts = new float[world][];
    for (int rank = 0; rank < world; rank++) {
      parts[rank] = values(rank);
    }
    Shards.sum(parts);
    for (Future<Sums> worker : workers) {
      assertThat(worker.get().gradient()).isEqualTo(parts[0]);
      for (int image = 0; image < IMAGES; image++) {
        int owner = image * world / IMAGES;
        assertThat(worker.get().nll()[image]).isEqualTo(owner + 0.25f);
      }
    }
  }

  @Test
  void aWorkerThatLeavesIsMissedAtOnce() throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<Sums> left =
        THREADS.submit(() -> exchange(connect(0, addresses, TOKEN, LONG), values(0)));
    connect(1, addresses, TOKEN, LONG).close();
    assertThatThrownBy(left::get)
        .hasCauseInstanceOf(ExchangeException.class)
        .hasMessageContaining("worker 1 at ")
        .hasMessageContaining("is gone");
  }

  @Test
  void aWorkerThatIsSilentIsNotWaitedForForEver() throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<Sums> waits =
        THREADS.submit(() -> exchange(connect(0, addresses, TOKEN, SHORT), values(0)));
    try (TcpExchange silent = connect(1, addresses, TOKEN, LONG)) {
      assertThatThrownBy(waits::get)
          .hasCauseInstanceOf(ExchangeException.class)
          .hasMessageContaining("no answer for 0.3 s from worker " + silent.rank());
    }
  }

  @Test
  void aWorkerThatNeverComesIsNotWaitedForForEver() throws IOException {
    List<InetSocketAddress> addresses = listen(2);
    assertThatThrownBy(() -> connect(0, addresses, TOKEN, SHORT))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining("worker 1 at ");
  }

  @Test
  void aWrongTokenIsSentAway() throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<TcpExchange> waits = THREADS.submit(() -> connect(0, addresses, TOKEN, SHORT));
    assertThatThrownBy(() -> connect(1, addresses, "open barley", SHORT))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining("worker 0 at ")
        .hasMessageContaining("cannot be reached");
    assertThatThrownBy(waits::get).hasCauseInstanceOf(ExchangeException.class);
  }

  /// A scanner of ports is no reason to stop a training.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET / HTTP/1.1\r\n\r\n",
        "HSX2 and then nothing that anybody knows, for long enough to fill a greeting of 76 bytes"
      })
  void aStrangerIsForgotten(String says) throws Exception {
    trainBesideAStranger(says);
  }

  private void trainBesideAStranger(String says) throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<Sums> waits =
        THREADS.submit(() -> exchange(connect(0, addresses, TOKEN, LONG), values(0)));
    InetSocketAddress first = addresses.getFirst();
    try (Socket stranger = new Socket(first.getAddress(), first.getPort())) {
      stranger.getOutputStream().write(says.getBytes(StandardCharsets.US_ASCII));
      stranger.shutdownOutput();
      assertThat(isSentAway(stranger, CHALLENGE)).isTrue();
    }
    try (TcpExchange other = connect(1, addresses, TOKEN, LONG)) {
      assertThat(exchange(other, values(1)).gradient()).isEqualTo(waits.get().gradient());
    }
  }

  /// More than are served at a time, some of which never end a greeting that begins well.
  @Test
  void strangersThatHoldTheirCallsKeepNobodyApart() throws Exception {
    trainBesideManyStrangers();
  }

  private void trainBesideManyStrangers() throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<Sums> waits =
        THREADS.submit(() -> exchange(connect(0, addresses, TOKEN, LONG), values(0)));
    InetSocketAddress first = addresses.getFirst();
    List<Socket> strangers = new ArrayList<>();
    for (int k = 0; k < 100; k++) {
      Socket stranger = new Socket(first.getAddress(), first.getPort());
      stranger
          .getOutputStream()
          .write("HSX2".substring(0, k % 5).getBytes(StandardCharsets.US_ASCII));
      strangers.add(stranger);
    }
    assertThat(isSentAway(strangers.getFirst(), CHALLENGE))
        .isTrue(); // and the last are there still
    try (TcpExchange other = connect(1, addresses, TOKEN, LONG)) {
      assertThat(exchange(other, values(1)).gradient()).isEqualTo(waits.get().gradient());
    }
    for (Socket stranger : strangers.subList(1, 100)) {
      assertThat(isSentAway(stranger, CHALLENGE)).isTrue();
      stranger.close();
    }
  }

  /// A byte now and then, each well within any limit of a single read.
  @Test
  void aGreetingThatNeverEndsIsEnded() throws Exception {
    List<InetSocketAddress> addresses = listen(1);
    InetSocketAddress first = addresses.getFirst();
    try (Socket stranger = new Socket(first.getAddress(), first.getPort());
        Socket called = servers.getFirst().socket().accept()) {
      Future<?> trickle = THREADS.submit(() -> trickle(stranger.getOutputStream()));
      assertThatThrownBy(() -> new Handshake(TOKEN, 0, 2).answer(called, SHORT))
          .isInstanceOf(SocketTimeoutException.class);
      trickle.cancel(true);
    }
  }

  private static @Nullable Void trickle(OutputStream out) throws Exception {
    for (int k = 0; ; k++) {
      out.write("HSX2".charAt(k % 4));
      Thread.sleep(SHORT.toMillis() / 10);
    }
  }

  /// What worker 1 says to one that it takes for worker 0.
  private byte[] recorded(List<InetSocketAddress> addresses) throws Exception {
    Future<?> _ = THREADS.submit(() -> connect(1, addresses, TOKEN, LONG));
    try (Socket caller = servers.getFirst().socket().accept()) {
      caller.getOutputStream().write(new byte[CHALLENGE]);
      return caller.getInputStream().readNBytes(GREETING);
    }
  }

  @Test
  void aRecordedGreetingOpensNothing() throws Exception {
    byte[] recorded = recorded(listen(2));
    List<InetSocketAddress> addresses = listen(2);
    Future<?> _ = THREADS.submit(() -> connect(0, addresses, TOKEN, LONG));
    InetSocketAddress first = addresses.getFirst();
    try (Socket stranger = new Socket(first.getAddress(), first.getPort())) {
      stranger.getInputStream().readNBytes(CHALLENGE);
      stranger.getOutputStream().write(recorded);
      assertThat(isSentAway(stranger, 0)).isTrue();
    }
  }

  @Test
  void aGreetingIsForOneWorkerAlone() throws Exception {
    List<InetSocketAddress> addresses = listen(4);
    Future<?> _ = THREADS.submit(() -> connect(0, addresses, TOKEN, LONG));
    InetSocketAddress first = addresses.getFirst();
    try (Socket socket = new Socket(first.getAddress(), first.getPort())) {
      assertThatThrownBy(() -> new Handshake(TOKEN, 2, 4).call(socket, 1, LONG))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void aStrangerIsNamedOnce() throws Exception {
    PrintStream before = System.err;
    var err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      trainBesideAStranger("GET / HTTP/1.1\r\n\r\n");
      trainBesideManyStrangers();
    } finally {
      System.setErr(before);
    }
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("hindsight: 127.0.0.1 connects to worker 0 without the job's token")
        .satisfies(text -> assertThat(text.lines()).hasSizeBetween(1, 2)); // a line a job
  }

  /// By an end, or by a reset where it had said more than was read. After at most so many bytes
  /// more.
  private static boolean isSentAway(Socket socket, int bytes) throws IOException {
    try {
      return socket.getInputStream().readAllBytes().length <= bytes;
    } catch (SocketException _) {
      return true;
    }
  }

  /// Speaks the handshake as worker 1 and then what it is told to.
  private @Nullable Throwable afterMessage(byte[] message) throws Exception {
    List<InetSocketAddress> addresses = listen(2);
    Future<Sums> waits =
        THREADS.submit(() -> exchange(connect(0, addresses, TOKEN, LONG), values(0)));
    InetSocketAddress first = addresses.getFirst();
    try (Socket socket = new Socket(first.getAddress(), first.getPort())) {
      new Handshake(TOKEN, 1, 2).call(socket, 0, LONG);
      socket.getOutputStream().write(message);
      socket.shutdownOutput();
      waits.get();
    } catch (ExecutionException e) {
      return e.getCause();
    }
    return null;
  }

  private static byte[] header(long number, int bytes, int sent) {
    ByteBuffer message = ByteBuffer.allocate(12 + sent).order(ByteOrder.LITTLE_ENDIAN);
    return message.putLong(number).putInt(bytes).array();
  }

  private static int sliceBytes() {
    int floats = PIECES.stream().mapToInt(Piece::length).sum() + IMAGES;
    return (floats + 1) / 2 * Float.BYTES;
  }

  @Test
  void aTruncatedMessageIsNoSum() throws Exception {
    assertThat(afterMessage(header(0, sliceBytes(), sliceBytes() - 1)))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining("the connection ended in a message");
    assertThat(afterMessage(new byte[5]))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining("the connection ended in a message");
  }

  @Test
  void aMessageOfAnotherLengthOrStepIsRefusedUnread() throws Exception {
    assertThat(afterMessage(header(0, Integer.MAX_VALUE, 0)))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining(
            "sent message 0 of 2147483647 bytes but message 0 of %d bytes was expected"
                .formatted(sliceBytes()));
    assertThat(afterMessage(header(2, sliceBytes(), 0)))
        .isInstanceOf(ExchangeException.class)
        .hasMessageContaining("sent message 2 of");
  }
}
