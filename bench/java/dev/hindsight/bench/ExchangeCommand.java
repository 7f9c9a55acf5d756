package dev.hindsight.bench;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.train.BuiltInModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight bench exchange`.
@Command(
    name = "exchange",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Times the exchange of gradients between two workers on loopback beside the step that needs"
          + " it, for each model on cpu, and works out what 2 to 64 workers would gain on a"
          + " network.",
      "With --rank each worker is a process of its own, on whatever network: start one for each"
          + " of --workers. The first prints.",
      ""
    })
final class ExchangeCommand implements Callable<Integer> {
  private static final double[] GIGABITS = {10, 100};

  @Option(names = "--models", split = ",", paramLabel = "NAME", description = "Default: all.")
  private List<String> models = BuiltInModel.labels();

  @Option(names = "--preset", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
  private String preset = "reference";

  @Option(names = "--rank", paramLabel = "R", description = "Which of the workers this is, from 0.")
  private @Nullable Integer rank;

  @Option(
      names = "--workers",
      split = ",",
      paramLabel = "HOST:PORT",
      description = "With --rank: where all listen, by rank.")
  private List<String> workers = List.of();

  @Option(names = "--json", description = "Print one JSON object a model.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if ((rank == null) != workers.isEmpty()) {
      throw new UserException("--rank and --workers belong together; give both or neither");
    }
    if (rank != null && (rank < 0 || rank >= workers.size())) {
      throw new UserException(
          "--rank %d is none of the %d workers; count from 0".formatted(rank, workers.size()));
    }
    models.forEach(BuiltInModel::labelled);
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    Dataset data = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    List<ExchangeRow> rows = rank == null ? onLoopback(data, out) : asOneOf(rank, data, out);
    if (rows.isEmpty()) {
      return 0;
    }
    if (!json) {
      for (double gigabits : GIGABITS) {
        out.println("\n" + ExchangeRow.speedUpHeader(gigabits));
        rows.forEach(row -> out.println(row.speedUps(gigabits)));
      }
      out.flush();
    }
    return 0;
  }

  private List<ExchangeRow> onLoopback(Dataset data, PrintWriter out) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocketChannel first = listen(new InetSocketAddress(loopback, 0));
        ServerSocketChannel second = listen(new InetSocketAddress(loopback, 0))) {
      List<InetSocketAddress> addresses =
          List.of(
              (InetSocketAddress) first.getLocalAddress(),
              (InetSocketAddress) second.getLocalAddress());
      Thread other =
          Thread.ofPlatform()
              .daemon()
              .start(() -> all(new ExchangeBench(1, addresses, second), data, null));
      List<ExchangeRow> rows = all(new ExchangeBench(0, addresses, first), data, out);
      other.join();
      return rows;
    } catch (IOException e) {
      throw new UserException("no port of loopback can be opened: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private List<ExchangeRow> asOneOf(int own, Dataset data, PrintWriter out) {
    List<InetSocketAddress> addresses = workers.stream().map(ExchangeCommand::address).toList();
    try (ServerSocketChannel server = listen(addresses.get(own))) {
      return all(new ExchangeBench(own, addresses, server), data, out);
    } catch (IOException e) {
      throw new UserException(
          "cannot listen at %s: %s".formatted(workers.get(own), e.getMessage()));
    }
  }

  private static ServerSocketChannel listen(InetSocketAddress address) throws IOException {
    return ServerSocketChannel.open().bind(address);
  }

  private static InetSocketAddress address(String word) {
    int colon = word.lastIndexOf(':');
    if (colon < 1 || !word.substring(colon + 1).matches("\\d{1,5}")) {
      throw new UserException("--workers %s: wanted HOST:PORT".formatted(word));
    }
    return new InetSocketAddress(
        word.substring(0, colon), Integer.parseInt(word.substring(colon + 1)));
  }

  /// @param out null for a worker that only answers
  private List<ExchangeRow> all(ExchangeBench bench, Dataset data, @Nullable PrintWriter out) {
    List<ExchangeRow> rows = new ArrayList<>();
    var printer = new RowPrinter(out == null ? new PrintWriter(Writer.nullWriter()) : out, json);
    for (String model : models) {
      ExchangeRow row = bench.run(model, preset, data);
      if (row == null || out == null) {
        continue;
      }
      printer.print(row.json());
      rows.add(row);
    }
    return rows;
  }
}
