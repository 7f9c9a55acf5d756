package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.io.Serializable;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Draws any number of images of one key, in batches of one size.
///
/// Where the backend has a kernel with the loop over all pixels inside (cuda), a batch is one
/// launch. Where it has none for the model, it records the loop before it draws the first batch,
/// and a batch is the launch of a graph. In either case the host waits for nothing within. Full
/// forward passes are not recorded: as many as pixels are too large a graph.
public final class BatchSampler implements AutoCloseable {
  /// Images that are drawn at a time, at most.
  private static final int LARGEST_BATCH = 256;

  /// Of a batch, which are kept as long as it is drawn.
  private static final int MOST_OUTPUTS = 1 << 26;

  /// A full forward pass keeps what a training step would: gigabytes for more images.
  private static final int LARGEST_NAIVE_BATCH = 32;

  /// How pixels are drawn.
  public enum Strategy {
    /// By a kernel that has the loop over pixels inside, where there is one, else as STEPS.
    BEST,
    /// Pixel by pixel with the state that the model needs, or, where it brings no sampler, NAIVE.
    STEPS,
    /// Pixel by pixel, each time with a full forward pass.
    NAIVE
  }

  /// What is drawn.
  ///
  /// @param batch images at a time
  /// @param temperature divides the logits
  /// @param given pixels at the start of the order that are not drawn
  /// @param graph whether the loop may be recorded; the bits are the same
  /// @param order which of the model's orders pixels are drawn in
  /// @param of which classes images 0, 1, … are; one beyond its labels has none
  public record Plan(
      int batch,
      float temperature,
      RandomKey key,
      int given,
      Strategy strategy,
      boolean graph,
      int order,
      Conditioning of)
      implements Serializable {
    public Plan {
      if (batch < 1 || given < 0) {
        throw new IllegalArgumentException(
            "sampler: wanted a batch of at least 1 and 0 given pixels or more, got %d and %d"
                .formatted(batch, given));
      }
      if (!(temperature > 0 && Float.isFinite(temperature))) {
        throw new IllegalArgumentException(
            "sampler: wanted a temperature above 0, got " + temperature);
      }
    }

    /// In raster order, of no class.
    public Plan(
        int batch, float temperature, RandomKey key, int given, Strategy strategy, boolean graph) {
      this(batch, temperature, key, given, strategy, graph, 0, Conditioning.NONE);
    }

    /// In raster order, of no class.
    public Plan(int batch, float temperature, RandomKey key) {
      this(batch, temperature, key, 0, Strategy.BEST, true);
    }
  }

  private final Backend backend;
  private final AutoregressiveModel model;
  private final ModelConfig drawn; // what is drawn from
  private final Plan plan;
  private final boolean naive;
  private final Graph graph;
  private float[] logits = {};

  public BatchSampler(Backend backend, AutoregressiveModel model, Plan plan) {
    this.backend = backend;
    this.model = model;
    this.plan = plan;
    if (plan.given() > model.shape().pixels()) {
      throw new IllegalArgumentException(
          "sampler: %d pixels cannot be given of an image of %s"
              .formatted(plan.given(), model.shape()));
    }
    plan.of().requireFit(model);
    this.drawn = plan.of().guided(model).config();
    this.naive = isNaive(model, plan.strategy());
    this.graph =
        plan.graph() && !naive && !atOnce() // one launch needs no graph of one
            ? backend.graph("drawing of %d images".formatted(plan.batch()))
            : Graph.plain(backend);
  }

  private static boolean isNaive(AutoregressiveModel model, Strategy strategy) {
    return strategy == Strategy.NAIVE || !(model instanceof SampledModel);
  }

  /// A batch size for `count` images of the model: at most 256, by full forward passes, which are
  /// the way of a model that brings no sampler, at most 32, and the last batch nearly as full as
  /// the others.
  public static int batchFor(
      AutoregressiveModel model, int count, Strategy strategy, Conditioning of) {
    int most = Math.max(1, MOST_OUTPUTS / of.guided(model).config().outputs());
    int largest = Math.min(most, isNaive(model, strategy) ? LARGEST_NAIVE_BATCH : LARGEST_BATCH);
    int batches = (count + largest - 1) / largest;
    return (count + batches - 1) / batches;
  }

  /// Images `first .. first + B - 1` of the key, (B·D), each value a level.
  ///
  /// @throws NotFiniteException when a logit is infinite or NaN
  public float[] draw(long first) {
    return draw(first, new float[plan.given() == 0 ? 0 : elements()], BatchSampler::ignore);
  }

  /// The same, where every image begins with given pixels.
  ///
  /// Afterwards the model predicts in the order of the plan.
  ///
  /// @param known (B·D), of which the first `given` of each image count; empty when none is given
  /// @param watch is told how many values of the batch are drawn, each time that the host knows: on
  ///   cuda that is rare
  public float[] draw(long first, float[] known, IntConsumer watch) {
    int values = elements();
    if (known.length != (plan.given() == 0 ? 0 : values)) {
      throw new IllegalArgumentException(
          "sampler: %d values were given; wanted %d for %d images, or none"
              .formatted(known.length, values, plan.batch()));
    }
    ImageShape shape = model.shape();
    int given = plan.given() * shape.channels(); // values
    Sampler.requireLevels(known, shape, shape.values(), given);
    PixelOrder order = model.order(plan.order());
    model.turnTo(order);
    Conditioning of = plan.of().part(first, plan.batch());
    float[] classes = (guided() ? of.doubled() : of).numbers();
    try (Scope scope = graph.open("images")) {
      Tensor draw = scope.ints(Draw.SIZE);
      Tensor start = scope.floats(plan.batch(), shape.values());
      var canvas = Canvas.in(scope, plan.batch(), drawn);
      backend.write(draw, new Draw(plan.key(), first).words());
      @Nullable Tensor labels = classes.length == 0 ? null : scope.floats(classes.length);
      if (labels != null) {
        backend.write(labels, classes);
      }
      var operands = new Operands(draw, start, labels, canvas);
      if (plan.given() > 0) {
        float[] byPlace = order.byPlace(known, shape.channels());
        backend.write(start, Sampler.firstValues(byPlace, shape.values(), given));
      }
      graph.rehearse(() -> rehearse(operands));
      graph.run(() -> work(operands, watch), operands.all(model.parameters().flat().value()));
      int outputs = drawn.outputs() / shape.pixels();
      logits = order.byPixel(backend.readFloats(canvas.logits()), outputs);
      FiniteLogits.requireOfImages(drawn, logits, first);
      return order.byPixel(backend.readFloats(canvas.pixels()), shape.channels());
    }
  }

  /// What lies in device memory and changes from batch to batch.
  private record Operands(Tensor draw, Tensor start, @Nullable Tensor labels, Canvas canvas) {
    Tensor[] all(Tensor parameters) {
      return Stream.of(draw, start, labels, canvas.pixels(), canvas.logits(), parameters)
          .filter(Objects::nonNull)
          .toArray(Tensor[]::new);
    }
  }

  private boolean guided() {
    return plan.of().guidance() > 0;
  }

  private boolean atOnce() {
    return plan.strategy() == Strategy.BEST
        && Sampler.drawsAtOnce(backend, model, plan.batch(), plan.of());
  }

  private void rehearse(Operands on) {
    try (Sampler sampler = sampler(on)) {
      sampler.rehearse();
    }
  }

  private Sampler sampler(Operands on) {
    Conditioning of = plan.of().part(0, plan.batch()); // the tensor says of which class each is
    var request =
        new Sampler.Request(plan.batch(), plan.temperature(), plan.key(), of, on.canvas());
    Sampler sampler = NewSampler.of(backend, model, request, naive, on.labels());
    sampler.drawFrom(on.draw());
    return sampler;
  }

  private void work(Operands on, IntConsumer watch) {
    if (atOnce() && model instanceof SampledModel own) {
      if (plan.given() > 0) {
        backend.copy(on.start(), on.canvas().pixels());
      }
      int given = plan.given() * model.shape().channels();
      try (Scope scope = backend.open("whole images")) {
        own.drawAtOnce(
            backend,
            scope,
            new WholeImages(
                on.draw(),
                plan.temperature(),
                given,
                on.labels(),
                on.canvas().pixels(),
                on.canvas().logits()));
      }
    } else {
      step(on, watch);
    }
  }

  /// A new sampler each time: so its state starts from zero, and that is recorded too.
  private void step(Operands on, IntConsumer watch) {
    try (Sampler sampler = sampler(on)) {
      if (plan.given() > 0) {
        sampler.give(on.start(), plan.given());
      }
      while (sampler.hasNext()) {
        sampler.next();
        tell(watch, sampler.position());
      }
    }
  }

  /// Where calls return before they are done, waiting for each pixel would cost more than drawing
  /// it, unless that is a whole forward pass.
  private void tell(IntConsumer watch, int drawn) {
    if (naive) {
      backend.synchronize();
    }
    if (naive || !backend.asynchronous()) {
      watch.accept(drawn);
    }
  }

  private static void ignore(int pixel) {}

  private int elements() {
    return Math.multiplyExact(plan.batch(), model.shape().values());
  }

  /// The outputs of the batch that was drawn last, (B·D·P).
  public float[] logits() {
    return logits.clone();
  }

  /// Gives back what a recorded loop holds. The backend does so too when it closes.
  @Override
  public void close() {
    graph.close();
  }
}
