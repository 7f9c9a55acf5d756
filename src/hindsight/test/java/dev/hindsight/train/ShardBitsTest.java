package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.exchange.TcpExchange;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.nn.Piece;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.WorkerGroup.Stretch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The bits of a training follow from the number of shards and not from that of the workers.
class ShardBitsTest {
  private static final RandomKey KEY = RandomKey.of(7);
  private static final Recipe RECIPE =
      Recipe.of(2, 16, 1e-2f)
          .withSchedule(Schedule.COOLDOWN)
          .withWeightDecay(0.1f)
          .withClipNorm(1)
          .withBinarize(Binarize.STOCHASTIC)
          .withClassDropout(0.3f);
  private static final Dataset DIGITS = Datasets.open("mnist10k", Split.TRAIN).first(64);
  private static final Head HEAD = new BernoulliHead();
  private static final Stretch STRETCH = new Stretch(0, 1, 4);

  /// Masks, whose missing weights do not travel; orders, which are those of the steps; and dropout,
  /// whose numbers belong to images, as labels do.
  static List<ModelConfig> models() {
    return List.of(
        MadeConfig.random(ImageShape.MNIST, 24, 2, KEY),
        new SymmetricConfig(MadeConfig.random(ImageShape.MNIST, 24, 2, KEY).with(HEAD, 4), 4),
        new TransformerConfig(ImageShape.MNIST, HEAD, 10, 16, 1, 2, 0.1f));
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Trained(float[] weights, double[] nats) {}

  private static Trained train(ModelConfig config, int shards, Exchange exchange) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY);
        Worker worker =
            new Worker(
                backend, model, RECIPE, KEY, DIGITS, DIGITS, true, new Shards(shards), exchange)) {
      double[] nats = worker.train(STRETCH, (_, _) -> {});
      return new Trained(backend.readFloats(model.parameters().flat().value()), nats);
    }
  }

  private static List<Trained> train(ModelConfig config, int shards, int world) throws Exception {
    List<ServerSocketChannel> servers = new ArrayList<>();
    List<InetSocketAddress> addresses = new ArrayList<>();
    List<Future<Trained>> workers = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (int rank = 0; rank < world; rank++) {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        servers.add(server);
        addresses.add((InetSocketAddress) server.getLocalAddress());
      }
      for (int rank = 0; rank < world; rank++) {
        int own = rank;
        workers.add(
            threads.submit(
                () -> {
                  try (Exchange exchange =
                      TcpExchange.connect(
                          own,
                          addresses,
                          servers.get(own),
                          "token",
                          Duration.ofMinutes(10),
                          pieces(config))) {
                    return train(config, shards, exchange);
                  }
                }));
      }
    }
    List<Trained> trained = new ArrayList<>();
    for (Future<Trained> worker : workers) {
      trained.add(worker.get());
    }
    for (ServerSocketChannel server : servers) {
      server.close();
    }
    return trained;
  }

  private static List<Piece> pieces(ModelConfig config) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY)) {
      return model.parameters().pieces();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void areThoseOfOneWorker(ModelConfig config) throws Exception {
    Trained alone = train(config, 8, Exchange.SOLO);
    assertThat(alone.weights()).isNotEqualTo(train(config, 1, Exchange.SOLO).weights());
    for (int world : new int[] {2, 4, 8}) {
      for (Trained worker : train(config, 8, world)) {
        assertThat(worker.weights()).as("%d workers", world).isEqualTo(alone.weights());
        assertThat(worker.nats()).as("%d workers", world).isEqualTo(alone.nats());
      }
    }
  }

  /// What is drawn belongs to an image, so shards change nothing but the order of additions.
  @ParameterizedTest
  @MethodSource("models")
  void areNearlyThoseOfAWholeBatch(ModelConfig config) {
    double[] whole = train(config, 1, Exchange.SOLO).nats();
    double[] cut = train(config, 4, Exchange.SOLO).nats();
    for (int k = 0; k < whole.length; k++) {
      assertThat(cut[k]).isCloseTo(whole[k], Percentage.withPercentage(1e-3));
    }
  }
}
