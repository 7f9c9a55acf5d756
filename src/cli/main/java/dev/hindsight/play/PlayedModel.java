package dev.hindsight.play;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Labels;
import dev.hindsight.draw.Chapter;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Models;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.StoredRun;
import dev.hindsight.verify.Saliency;
import dev.hindsight.verify.Sight;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A run's model on a thread of its own, which opens it when it is first asked for and does one
/// thing at a time; a bounded number of others wait. So a model and its backend are never used by
/// two threads. What is open stays open when its run is removed.
final class PlayedModel implements AutoCloseable {
  private static final int MOST_WAITING = 16;
  private static final int UNAVAILABLE = 503;

  private final String id;
  private final StoredRun run;
  private final Supplier<Backend> backends;
  private final ThreadPoolExecutor thread;
  private @Nullable Opened opened; // of the thread alone

  /// What is there once the run is read.
  record Opened(Backend backend, AutoregressiveModel model) {}

  /// What the thread does with it.
  interface Work<T> {
    T with(Opened opened);
  }

  PlayedModel(String id, StoredRun run, Supplier<Backend> backends) {
    this.id = id;
    this.run = run;
    this.backends = backends;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Thread.ofPlatform().daemon().name("model " + id).factory());
  }

  String id() {
    return id;
  }

  String name() {
    return run.config().model().name();
  }

  /// Of the images that it draws.
  ImageShape shape() {
    return run.config().model().shape();
  }

  /// The name of its folder.
  String run() {
    return String.valueOf(run.folder().path().toAbsolutePath().normalize().getFileName());
  }

  /// What the page shows of it before it is opened.
  Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("id", id);
    facts.put("model", name());
    facts.put("run", run());
    facts.put("remark", run.config().model().remark());
    if (!classes().isEmpty()) {
      facts.put("classes", classes());
      facts.put("classless", isClassless());
    }
    Outcome outcome = Outcome.of(run);
    if (!outcome.epochs().isEmpty()) {
      facts.put("nats", outcome.result().nllNats());
    }
    return facts;
  }

  /// The names of the classes that it is conditioned on.
  List<String> classes() {
    return run.config().data().classes().names();
  }

  /// Whether it has learnt images without a class, too.
  private boolean isClassless() {
    return classes().isEmpty() || run.config().recipe().pixels().classDropout() > 0;
  }

  /// The class that a request names, or [Labels#NONE].
  int label(RequestBody body) throws HttpError {
    String name = body.oneOf("class", classes());
    return name.isEmpty() ? usualLabel() : classes().indexOf(name);
  }

  /// The class of images of which nobody says one.
  int usualLabel() {
    return isClassless() ? Labels.NONE : 0;
  }

  /// The model for images of a class.
  private static AutoregressiveModel of(Opened at, int label) {
    return label == Labels.NONE ? at.model() : new OfClass(at.model(), label);
  }

  /// How many requests a new one would wait for.
  int ahead() {
    thread.purge();
    return thread.getActiveCount() + thread.getQueue().size();
  }

  /// Runs work on the thread of the model, after earlier work. Cancelled work frees its place in
  /// the queue.
  ///
  /// @throws HttpError when too many wait
  <T> Future<T> later(Work<T> work) throws HttpError {
    Callable<T> call = () -> work.with(open());
    thread.purge();
    try {
      return thread.submit(call);
    } catch (RejectedExecutionException _) {
      throw new HttpError(
          UNAVAILABLE,
          "%s is busy: %d requests are waiting; try again".formatted(name(), MOST_WAITING));
    }
  }

  /// The same, and waits for it.
  <T> T now(Work<T> work) throws HttpError, InterruptedException {
    Future<T> future = later(work);
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw Failures.error(e.getCause());
    } finally {
      future.cancel(false); // no place in the queue for a caller that was interrupted
    }
  }

  private Opened open() {
    if (opened == null) {
      Backend backend = backends.get();
      boolean open = false;
      try {
        var config = withoutDropout(run.config().model());
        opened = new Opened(backend, Models.load(backend, config, run.folder().model()));
        open = true;
      } finally {
        if (!open) {
          backend.close();
        }
      }
    }
    return Objects.requireNonNull(opened);
  }

  /// Dropout belongs to training, but a gradient of pixels also needs a tape.
  private static ModelConfig withoutDropout(ModelConfig config) {
    return switch (config) {
      case TransformerConfig t ->
          new TransformerConfig(
              t.shape(), t.head(), t.classes(), t.width(), t.layers(), t.heads(), 0);
      case SymmetricConfig s -> new SymmetricConfig(withoutDropout(s.model()), s.symmetries());
      default -> config;
    };
  }

  /// The outputs of an image of a class.
  float[] outputs(float[] image, int label) throws HttpError, InterruptedException {
    return now(
        at -> {
          try (Scope scope = at.backend().open("look")) {
            Tensor x = scope.floats(1, image.length);
            at.backend().write(x, image);
            return at.backend()
                .readFloats(of(at, label).logits(new Ops(at.backend(), scope, null), x));
          }
        });
  }

  /// What the page shows of its outputs.
  Odds odds() {
    return new Odds(run.config().model());
  }

  /// How the odds of a pixel follow from an image: of a black or white one those of white.
  Saliency saliency(float[] image, int label, int pixel) throws HttpError, InterruptedException {
    if (odds().hasLogits()) {
      return now(at -> Saliency.of(at.backend(), of(at, label), image, pixel));
    }
    float[] levels = image.clone();
    if (odds().blackOrWhite()) {
      Arrays.fill(levels, 1);
    }
    return now(at -> Saliency.ofLevels(at.backend(), of(at, label), image, levels, pixel));
  }

  /// Whether pixels go into it as numbers, so that there is a gradient by them. A table that has
  /// more than two rows for a channel knows no way from one to the next.
  boolean hasSaliency() {
    return readsNumbers(run.config().model());
  }

  private static boolean readsNumbers(ModelConfig config) {
    return config.shape().binary()
        || switch (config) {
          case MadeConfig _ -> true;
          case PixelCnnConfig c -> !c.positions();
          case GatedPixelCnnConfig c -> !c.positions();
          case SymmetricConfig c -> readsNumbers(c.model());
          default -> false;
        };
  }

  /// Which pixels each pixel sees.
  Sight sight() throws HttpError, InterruptedException {
    return now(at -> Sight.of(at.model()).ofPixels(shape().channels()));
  }

  Beginnings beginnings() {
    return Beginnings.of(run);
  }

  List<Chapter> chapters() throws HttpError, InterruptedException {
    return now(at -> Chapter.of(at.model()));
  }

  /// Waits for what is being done, but for nothing that waits.
  @Override
  public void close() {
    thread.getQueue().clear();
    thread.execute(
        () -> {
          if (opened != null) {
            opened.model().close();
            opened.backend().close();
            opened = null;
          }
        });
    thread.shutdown();
    boolean interrupted = false;
    try {
      thread.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
