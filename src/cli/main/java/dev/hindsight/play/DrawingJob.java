package dev.hindsight.play;

import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.FiniteLogits;
import dev.hindsight.sample.Sampler;
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
        float[] logits = sampler.logits();
        FiniteLogits.requireOfImages(at.model().config(), logits, 0);
        events.add(new Event("given", given(logits)));
      }
      while (sampler.hasNext() && !stopped) {
        int pixel = sampler.position();
        sampler.next();
        float[] logits = sampler.logits(pixel);
        FiniteLogits.requireOfPixel(at.model().shape(), logits, 1, pixel);
        events.add(new Event("pixel", pixel(pixel, sampler.pixel(pixel), logits)));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      events.add(new Event("done", "{\"seconds\":" + (float) seconds + "}"));
      return sampler.position() - request.from();
    }
  }

  /// The logits of what was given, which all images share.
  private String given(float[] logits) {
    StringBuilder text = new StringBuilder("{\"logits\":[");
    for (int p = 0; p < request.from(); p++) {
      text.append(p == 0 ? "" : ",").append(logits[p]);
    }
    return text.append("]}").toString();
  }

  private static String pixel(int pixel, float[] values, float[] logits) {
    StringBuilder text = new StringBuilder(32 + 14 * values.length);
    text.append("{\"pixel\":").append(pixel).append(",\"values\":\"");
    for (float value : values) {
      text.append(value == 0 ? '0' : '1');
    }
    text.append("\",\"logits\":[");
    for (int k = 0; k < logits.length; k++) {
      text.append(k == 0 ? "" : ",").append(logits[k]);
    }
    return text.append("]}").toString();
  }
}
