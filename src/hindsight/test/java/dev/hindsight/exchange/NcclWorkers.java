package dev.hindsight.exchange;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/// Workers on loopback that exchange by NCCL, each with a backend of its own on the software GPU.
/// They share it, which the stub does not mind.
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record NcclWorkers(byte[] uniqueId, List<ServerSocketChannel> servers, Duration patience)
    implements AutoCloseable {
  static final String TOKEN = "open sesame";
  static final int ELEMENTS = 1009; // no worker's slice is as long as another's
  static final int IMAGES = 8;

  static NcclWorkers listen(int world, Duration patience) throws IOException {
    List<ServerSocketChannel> servers = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      ServerSocketChannel server = ServerSocketChannel.open();
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      servers.add(server);
    }
    return new NcclWorkers(NcclExchange.uniqueId(), servers, patience);
  }

  List<InetSocketAddress> addresses() throws IOException {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (ServerSocketChannel server : servers) {
      addresses.add((InetSocketAddress) server.getLocalAddress());
    }
    return addresses;
  }

  NcclExchange connect(Backend backend, int rank) throws IOException {
    return NcclExchange.connect(
        Objects.requireNonNull(backend.gpuStream()),
        uniqueId,
        rank,
        addresses(),
        servers.get(rank),
        TOKEN,
        patience);
  }

  /// A gradient with values of all sizes, whose sum shows every change of order.
  static float[] values(int rank, int round) {
    Random random = new Random(100L * round + rank);
    float[] values = new float[ELEMENTS];
    for (int k = 0; k < values.length; k++) {
      values[k] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(6)));
    }
    return values;
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Sums(float[] gradient, float[] nll) {}

  /// One exchange.
  static Sums sum(Backend backend, Exchange exchange, int round) {
    return sum(backend, exchange, round, ELEMENTS);
  }

  /// The same of so many of the gradient's first elements.
  static Sums sum(Backend backend, Exchange exchange, int round, int elements) {
    try (Scope scope = backend.open("test")) {
      Tensor gradient = scope.floats(elements);
      Tensor nll = scope.floats(IMAGES);
      int rank = exchange.rank();
      backend.write(gradient, Arrays.copyOf(values(rank, round), elements));
      int own = IMAGES / exchange.world();
      float[] losses = new float[IMAGES];
      for (int k = 0; k < own; k++) {
        losses[rank * own + k] = rank + 0.25f;
      }
      backend.write(nll, losses);
      exchange.sum(backend, gradient, nll);
      return new Sums(backend.readFloats(gradient), backend.readFloats(nll));
    }
  }

  @Override
  public void close() throws IOException {
    for (ServerSocketChannel server : servers) {
      server.close();
    }
  }

  /// Worker 1 of 2, in a process of its own: prints the sum of its last exchange.
  static final class Second {
    private Second() {}

    /// Takes part.
    ///
    /// @param args port of worker 0, name of the exchange, how many exchanges, and whether to leave
    ///   in order: `leave`, or `die`
    public static void main(String[] args) throws IOException {
      var first =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
      var own = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      try (Backend backend = Backends.openSoftwareGpu();
          ServerSocketChannel server = ServerSocketChannel.open();
          Exchange exchange =
              NcclExchange.connect(
                  Objects.requireNonNull(backend.gpuStream()),
                  HexFormat.of().parseHex(args[1]),
                  1,
                  List.of(first, own),
                  server,
                  TOKEN,
                  Duration.ofMinutes(5))) {
        for (int round = 0; round < Integer.parseInt(args[2]); round++) {
          Sums sums = sum(backend, exchange, round);
          System.out.println(bits(sums.gradient()));
        }
        if (args[3].equals("die")) {
          Runtime.getRuntime().halt(9);
        }
      }
    }

    static String bits(float[] values) {
      StringBuilder text = new StringBuilder();
      for (float value : values) {
        text.append(Integer.toHexString(Float.floatToRawIntBits(value))).append(' ');
      }
      return text.toString();
    }
  }

  /// Prints what this process has.
  static final class Report {
    private Report() {}

    public static void main(String[] args) {
      System.out.println(NcclReport.of("a GPU"));
    }
  }
}
