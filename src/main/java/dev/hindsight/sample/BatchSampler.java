package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Recording;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntConsumer;

/// Draws any number of images of one key, in batches of one size.
///
/// A backend that can (cuda) records the loop over all 784 pixels when it meets the second batch,
/// and replays it from then on: one launch a batch, and the host waits for nothing within.
public final class BatchSampler implements AutoCloseable {
  private static final int LARGEST_BATCH = 256;

  /// How pixels are drawn.
  public enum Way {
    /// By the least work that the backend has a way for.
    BEST,
    /// Pixel by pixel with the state that the model needs.
    STEPS,
    /// Pixel by pixel, each time with a full forward pass.
    NAIVE
  }

  /// What is drawn.
  ///
  /// @param batch images at a time
  /// @param temperature divides the logits
  /// @param given pixels at the start of every image that are not drawn
  /// @param graph whether the loop may be recorded; the bits are the same
  public record Plan(
      int batch, float temperature, RandomKey key, int given, Way way, boolean graph) {
    public Plan {
      if (batch < 1 || given < 0 || given > AutoregressiveModel.PIXELS) {
        throw new IllegalArgumentException(
            "sampler: wanted a batch of at least 1 and 0 to 784 given pixels, got %d and %d"
                .formatted(batch, given));
      }
    }

    public Plan(int batch, float temperature, RandomKey key) {
      this(batch, temperature, key, 0, Way.BEST, true);
    }
  }

  private final Backend backend;
  private final AutoregressiveModel model;
  private final Plan plan;
  private final Recording recording;
  private float[] logits = {};

  public BatchSampler(Backend backend, AutoregressiveModel model, Plan plan) {
    this.backend = backend;
    this.model = model;
    this.plan = plan;
    this.recording =
        plan.graph()
            ? backend.record("drawing of %d images".formatted(plan.batch()))
            : Recording.plain(backend);
  }

  /// A batch size for `count` images: at most 256, and the last batch nearly as full as the others.
  public static int batchFor(int count) {
    int batches = (count + LARGEST_BATCH - 1) / LARGEST_BATCH;
    return (count + batches - 1) / batches;
  }

  /// Images `first .. first + B - 1` of the key, (B·784), each value 0 or 1.
  public float[] draw(long first) {
    return draw(first, new float[plan.given() == 0 ? 0 : elements()], BatchSampler::ignore);
  }

  /// The same, where every image begins with given pixels.
  ///
  /// @param known (B·784), of which the first `given` of each image count; empty when none is given
  /// @param watch is told of each pixel that was drawn, as far as the host sees it
  public float[] draw(long first, float[] known, IntConsumer watch) {
    int values = elements();
    if (known.length != (plan.given() == 0 ? 0 : values)) {
      throw new IllegalArgumentException(
          "sampler: %d values were given; wanted %d for %d images, or none"
              .formatted(known.length, values, plan.batch()));
    }
    try (Scope scope = recording.open("images")) {
      Tensor draw = scope.floats(Draw.SIZE);
      Tensor start = scope.floats(plan.batch(), AutoregressiveModel.PIXELS);
      Tensor pixels = scope.floats(plan.batch(), AutoregressiveModel.PIXELS);
      Tensor ofLogits = scope.floats(plan.batch(), AutoregressiveModel.PIXELS);
      backend.write(draw, new Draw(plan.key(), first).pieces());
      if (plan.given() > 0) {
        backend.write(start, Sampler.firstPixels(known, plan.given()));
      }
      recording.run(
          () -> work(draw, start, pixels, ofLogits, watch),
          draw,
          start,
          pixels,
          ofLogits,
          model.parameters().flat().value());
      logits = backend.readFloats(ofLogits);
      return backend.readFloats(pixels);
    }
  }

  /// A new sampler each time: so its state starts from zero, and that is recorded too.
  private void work(Tensor draw, Tensor start, Tensor pixels, Tensor ofLogits, IntConsumer watch) {
    var request = new Sampler.Request(plan.batch(), plan.temperature(), plan.key());
    try (Sampler sampler =
        plan.way() == Way.NAIVE
            ? Sampler.naive(backend, model, request)
            : Sampler.of(backend, model, request)) {
      sampler.drawFrom(draw);
      if (plan.given() > 0) {
        sampler.give(start, plan.given());
      }
      if (plan.way() == Way.BEST) {
        sampler.drawAtOnce();
      }
      while (sampler.hasNext()) {
        sampler.next();
        watch.accept(sampler.position());
      }
      backend.copy(sampler.pixels, pixels);
      backend.copy(sampler.logits, ofLogits);
    }
  }

  private static void ignore(int pixel) {}

  private int elements() {
    return Math.multiplyExact(plan.batch(), AutoregressiveModel.PIXELS);
  }

  /// The logits of the batch that was drawn last, (B·784).
  public float[] logits() {
    return logits.clone();
  }

  /// Gives back what a recorded loop holds. The backend does so too when it closes.
  @Override
  public void close() {
    recording.close();
  }
}
