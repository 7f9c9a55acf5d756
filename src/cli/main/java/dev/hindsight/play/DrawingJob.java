package dev.hindsight.play;

import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.FiniteLogits;
import dev.hindsight.sample.Sampler;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A drawing on its model's thread. Its events go into a queue that can hold a complete drawing, so
/// a browser that does not read cannot block the model.
final class DrawingJob {
  /// A server-sent event.
  ///
  /// @param name `given`, `pixel`, `done`
  /// @param data JSON in one line
  record Event(String name, String data) {}

  private final DrawingRequest request;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile boolean begun;
  private volatile boolean stopped;

  DrawingJob(DrawingRequest request) {
    this.request = request;
  }

  BlockingQueue<Event> events() {
    return events;
  }

  boolean begun() {
    return begun;
  }

  /// Stops after the current pixel.
  void stop() {
    stopped = true;
  }

  /// Draws until the images are complete or the job is stopped.
  ///
  /// @return how many pixels of each image were drawn
  /// @throws dev.hindsight.error.NotFiniteException when a logit is infinite or NaN, for which JSON
  ///   has no number
  int draw(PlayedModel.Opened at) {
    begun = true;
    // The key of `hindsight sample` and `complete`: the same seed is the same picture there.
    RandomKey key = RandomKey.of(request.seed()).fold("samples");
    var sampling = new Sampler.Request(request.count(), request.temperature(), key, request.of());
    ModelConfig config = at.model().config();
    long start = System.nanoTime();
    try (Sampler sampler = Sampler.of(at.backend(), at.model(), sampling);
        ClassOdds classes = ClassOdds.has(config) ? new ClassOdds(at, request.count()) : null) {
      if (request.from() > 0 && !stopped) {
        sampler.give(request.known(), request.from());
        float[] outputs = sampler.logits();
        FiniteLogits.requireOfImages(config, outputs, 0);
        float[] odds = new Odds(config).ofFirst(request.from(), outputs, request.given());
        float[][] byClass = classes == null ? null : classes.given(request.given(), request.from());
        events.add(new Event("given", "{\"odds\":" + numbers(odds) + also(byClass) + "}"));
      }
      DrawnPixel drawn = new DrawnPixel(config, request.count());
      while (sampler.hasNext() && !stopped) {
        DrawnPixel.Drawn next = drawn.next(sampler);
        events.add(new Event("pixel", pixel(next, classes == null ? null : classes.next(next))));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      events.add(new Event("done", "{\"seconds\":" + (float) seconds + "}"));
      return at.model().shape().pixel(sampler.position()) - request.from();
    }
  }

  private static String pixel(DrawnPixel.Drawn drawn, float @Nullable [][] byClass) {
    return "{\"pixel\":%d,\"levels\":\"%s\",\"odds\":%s%s}"
        .formatted(
            drawn.pixel(), LevelText.of(drawn.levels()), numbers(drawn.odds()), also(byClass));
  }

  /// What each class says, a row for each pixel or picture; nothing where there are no classes.
  private static String also(float @Nullable [][] byClass) {
    return byClass == null
        ? ""
        : Arrays.stream(byClass)
            .map(DrawingJob::numbers)
            .collect(Collectors.joining(",", ",\"classes\":[", "]"));
  }

  private static String numbers(float[] numbers) {
    return Arrays.toString(numbers).replace(" ", "");
  }
}
