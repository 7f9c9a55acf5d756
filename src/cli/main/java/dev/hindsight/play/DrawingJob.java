package dev.hindsight.play;

import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.FiniteLogits;
import dev.hindsight.sample.Sampler;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

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
    var sampling = new Sampler.Request(request.count(), request.temperature(), key);
    long start = System.nanoTime();
    try (Sampler sampler = Sampler.of(at.backend(), at.model(), sampling)) {
      if (request.from() > 0 && !stopped) {
        sampler.give(request.known(), request.from());
        float[] outputs = sampler.logits();
        FiniteLogits.requireOfImages(at.model().config(), outputs, 0);
        float[] odds =
            new Odds(at.model().config()).ofFirst(request.from(), outputs, request.given());
        events.add(new Event("given", "{\"odds\":" + numbers(odds) + "}"));
      }
      DrawnPixel drawn = new DrawnPixel(at.model().config(), request.count());
      while (sampler.hasNext() && !stopped) {
        events.add(new Event("pixel", pixel(drawn.next(sampler))));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      events.add(new Event("done", "{\"seconds\":" + (float) seconds + "}"));
      return at.model().shape().pixel(sampler.position()) - request.from();
    }
  }

  private static String pixel(DrawnPixel.Drawn drawn) {
    return "{\"pixel\":%d,\"levels\":\"%s\",\"odds\":%s}"
        .formatted(drawn.pixel(), LevelText.of(drawn.levels()), numbers(drawn.odds()));
  }

  private static String numbers(float[] numbers) {
    return Arrays.toString(numbers).replace(" ", "");
  }
}
