package dev.hindsight.play;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// Serves the page on the loopback address. Requests beyond a bound are turned away with one line,
/// as are those for another host or from another page.
public final class PlayServer implements AutoCloseable {
  private static final int MOST_REQUESTS = 64;
  private static final int BACKLOG = 128;

  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore room = new Semaphore(MOST_REQUESTS);
  private final List<PlayedModel> models = new ArrayList<>();
  private final Guard guard;
  private final Routes routes;

  /// Begins to serve.
  ///
  /// @param port 0 for any that is free
  /// @param backends opens one for each model, on the thread that uses it
  /// @throws UserException when the port cannot be had
  public static PlayServer start(List<StoredRun> runs, Supplier<Backend> backends, int port) {
    OneSize.require(runs);
    Limits.set();
    try {
      var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
      return new PlayServer(HttpServer.create(address, BACKLOG), runs, backends);
    } catch (BindException e) {
      throw new UserException(
          "port %d is not available (%s); give another --port, or --port 0 for a free one"
              .formatted(port, IoErrors.reason(e)));
    } catch (IOException e) {
      throw IoErrors.failed("cannot serve on port " + port, e);
    }
  }

  private PlayServer(HttpServer http, List<StoredRun> runs, Supplier<Backend> backends) {
    this.http = http;
    for (StoredRun run : runs) {
      models.add(new PlayedModel(String.valueOf(models.size()), run, backends));
    }
    guard = new Guard(http.getAddress().getPort());
    routes = new Routes(models, new Structures(models, backends));
    http.createContext("/", this::serve);
    http.setExecutor(threads);
    http.start();
  }

  public int port() {
    return http.getAddress().getPort();
  }

  /// Where a browser finds the page.
  public String address() {
    return "http://127.0.0.1:%d/".formatted(port());
  }

  /// Drawings that were stopped because their browser was gone.
  public long stopped() {
    return routes.stopped();
  }

  private void serve(HttpExchange exchange) throws IOException {
    boolean in = room.tryAcquire();
    try (exchange) {
      HttpCall call = new HttpCall(exchange);
      try {
        if (!in) {
          throw new HttpError(503, "more than %d requests at once".formatted(MOST_REQUESTS));
        }
        guard.check(exchange.getRequestHeaders());
        routes.answer(call);
      } catch (HttpError e) {
        call.refuse(e);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt(); // the server closes
      } catch (RuntimeException e) {
        call.refuse(Failures.error(e));
      }
    } finally {
      if (in) {
        room.release();
      }
    }
  }

  /// Ends all drawings and gives the models back.
  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
    models.forEach(PlayedModel::close);
  }
}
