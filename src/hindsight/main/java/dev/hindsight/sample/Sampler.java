package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Draws a batch of images value by value, pixels in the order in which the model predicts when the
/// sampler is made: raster order, unless it was turned to another one. In that case a pixel is
/// called by its place in the order everywhere below, but in [#give(float\[\], int)], [#images] and
/// [#logits()], where images are images. A grey pixel is one value; of a coloured one each channel
/// is.
///
/// The uniform that decides a value depends on (key, image, place) alone. So the same key gives the
/// same images from every sampler and backend, unless a probability lies within float error of its
/// uniform.
///
/// `next()` draws one value of every image, so that a program can watch or steer. For many images
/// use [BatchSampler].
///
/// ```java
/// try (Sampler sampler = Sampler.of(backend, model, new Request(2, 1, RandomKey.of(5)))) {
///   while (sampler.hasNext()) {
///     float[] logits = sampler.nextLogits(); // of the pixel that comes next, one for each image
///     if (sampler.position() % 28 == 14 && logits[0] < 0) {
///       sampler.next(new float[] {1, 1}); // a white line down the middle, whatever the model thinks
///     } else {
///       sampler.next();
///     }
///   }
///   float[] images = sampler.images();
/// }
/// ```
///
/// Everything is fp32, whatever a training step stores: pixels are fp32 here and what follows from
/// them is too, the naive sampler's full forward pass as well as the little state of any other. So
/// the precision of a backend does not change what is drawn, but for tf32.
///
/// NOTE: a whole sampler, constructor included, may be recorded (see `Graph`): it copies and
/// computes on the device, but reads and writes nothing from the host.
public abstract class Sampler implements AutoCloseable {
  /// How to draw.
  ///
  /// @param count images in the batch
  /// @param temperature divides the logits; below 1 is more certain than the model is
  /// @param of which classes the images are
  /// @param canvas what the sampler draws on; null = memory of its own
  public record Request(
      int count, float temperature, RandomKey key, Conditioning of, @Nullable Canvas canvas) {
    public Request {
      if (!of.isNone() && of.labels().size() != count) {
        throw new IllegalArgumentException(
            "sampler: wanted a label for each of %d images, or none, got %d"
                .formatted(count, of.labels().size()));
      }
      if (count < 1 || !(temperature > 0 && Float.isFinite(temperature))) {
        throw new IllegalArgumentException(
            "sampler: wanted at least 1 image and a temperature above 0, got %d and %s"
                .formatted(count, temperature));
      }
    }

    public Request(int count, float temperature, RandomKey key, Conditioning of) {
      this(count, temperature, key, of, null);
    }

    /// Of images that have no classes.
    public Request(int count, float temperature, RandomKey key) {
      this(count, temperature, key, Conditioning.NONE);
    }

    /// Of twice as many images, for guidance.
    Request doubled() {
      return new Request(2 * count, temperature, key, of.doubled());
    }
  }

  /// For whatever a sampler keeps; closed with it.
  protected final Scope scope;

  /// Ops without a tape, in this scope.
  protected final Ops ops;

  /// (B,D), 0 where not yet drawn.
  protected final Tensor pixels;

  /// (B,D·P), the outputs of the values drawn so far: of binary images a logit each.
  protected final Tensor logits;

  private final Backend backend;
  private final ModelConfig config;
  private final ImageShape shape;
  private final Request request;
  private final Tensor column; // (B,1), a value of all images
  private PixelOrder order;
  private @Nullable Tensor draw; // (6), which images these are
  private @Nullable SampledModel model; // where it brought the sampler
  private @Nullable Tensor labels; // (B), of that
  private int position; // in values
  private int computed; // values whose logits are known: those before `position`, and maybe itself

  /// Lays out pixels and logits; a subclass lays out its own state as well.
  ///
  /// @param scope open, and the sampler's own from now on
  /// @param model of images of D values
  protected Sampler(Backend backend, Scope scope, AutoregressiveModel model, Request request) {
    this.backend = backend;
    this.config = model.config();
    this.shape = model.shape();
    this.order = PixelOrder.raster(shape);
    this.request = request;
    this.scope = scope;
    this.ops = new Ops(backend, scope, null);
    this.column = scope.floats(request.count(), 1);
    @Nullable Canvas canvas = request.canvas();
    canvas = canvas == null ? Canvas.in(scope, request.count(), config) : canvas;
    this.pixels = canvas.pixels();
    this.logits = canvas.logits();
    scope.clear(pixels);
    scope.clear(logits);
  }

  /// The sampler that keeps just the state its model needs, or the naive one where the model brings
  /// none.
  public static Sampler of(Backend backend, AutoregressiveModel model, Request request) {
    return NewSampler.of(backend, model, request, !(model instanceof SampledModel), null);
  }

  /// Runs the whole network for every pixel, as everybody does; to compare with.
  public static Sampler naive(Backend backend, AutoregressiveModel model, Request request) {
    return NewSampler.of(backend, model, request, true, null);
  }

  /// What a model brought, and the order in which it predicts while the sampler is made.
  final void begin(@Nullable SampledModel own, @Nullable Tensor known, PixelOrder now) {
    model = own;
    labels = known;
    order = now;
  }

  /// Whether the backend has a kernel that draws whole images of the model, which [#finish] and
  /// [BatchSampler] then use.
  public static boolean drawsAtOnce(Backend backend, AutoregressiveModel model, int images) {
    return model instanceof SampledModel own && own.drawsAtOnce(backend, images);
  }

  /// The same of images that may have classes: no kernel draws from two models at once, as guidance
  /// does.
  static boolean drawsAtOnce(
      Backend backend, AutoregressiveModel model, int images, Conditioning of) {
    return of.guidance() == 0 && drawsAtOnce(backend, model, images);
  }

  /// The value that [#next] draws next; D when all are drawn.
  public final int position() {
    return position;
  }

  public final boolean hasNext() {
    return position < shape.values();
  }

  /// Draws one value of every image.
  public final void next() {
    computeNext();
    draw(position);
    position++;
  }

  private void draw(int value) {
    var drawing = new Head.Drawing(draw(), logits, request.temperature(), pixels);
    config.head().draw(backend, config.group(), drawing, value, value + 1);
  }

  /// The same, but takes these values instead of drawing: what comes later follows from them.
  ///
  /// @param values (B), each a level
  public final void next(float[] values) {
    if (values.length != request.count()) {
      throw new IllegalArgumentException(
          "sampler: %d values were given; wanted one for each of %d images"
              .formatted(values.length, request.count()));
    }
    requireLevels(values, shape, 1, 1);
    computeNext();
    backend.write(column, values);
    backend.copyColumns(column, 0, pixels, position, 1);
    position++;
  }

  /// The outputs (B,P) of the value that [#next] draws next, before the temperature.
  public final float[] nextLogits() {
    computeNext();
    return outputsOf(position);
  }

  /// The outputs (B,P) of a value that is drawn: of binary images a logit (B).
  public final float[] logits(int value) {
    return outputsOf(requireDrawn(value));
  }

  /// A value (B) that is drawn, of every image.
  public final float[] pixel(int value) {
    return columnsOf(pixels, new Head.Range(requireDrawn(value), 1));
  }

  private int requireDrawn(int value) {
    if (value < 0 || value >= position) {
      throw new IllegalArgumentException(
          "sampler: value %d is not drawn; %d are".formatted(value, position));
    }
    return value;
  }

  private float[] outputsOf(int value) {
    return columnsOf(logits, config.head().range(config.group(), value));
  }

  private float[] columnsOf(Tensor all, Head.Range range) {
    if (range.count() == 1) {
      backend.copyColumns(all, range.from(), column, 0, 1);
      return backend.readFloats(column);
    }
    try (Scope read = backend.open("outputs")) {
      Tensor columns = read.floats(request.count(), range.count());
      backend.copyColumns(all, range.from(), columns, 0, range.count());
      return backend.readFloats(columns);
    }
  }

  private void computeNext() {
    if (!hasNext()) {
      throw new IllegalStateException("sampler: all values are drawn");
    }
    if (computed == position) {
      computeLogits(position);
      computed++;
    }
  }

  /// Does once whatever drawing does, so that kernels are loaded and memory is reserved. What it
  /// draws is of no use, and the sampler neither.
  final void rehearse() {
    rehearsed()
        .forEach(
            value -> {
              computeLogits(value);
              draw(value);
            });
  }

  /// Values after which it has done all that it ever does: here the first one and the last, for
  /// which all hidden units of a MADE are computed.
  protected IntStream rehearsed() {
    return IntStream.of(0, shape.values() - 1);
  }

  /// Takes the first `count` pixels of the order as given instead of drawing them, in every image.
  /// For a value later on there is [#next(float\[\])].
  ///
  /// @param known (B·D) levels; what comes after pixel `count - 1` is not looked at
  public final void give(float[] known, int count) {
    long wanted = (long) request.count() * shape.values();
    if (known.length != wanted) {
      throw new IllegalArgumentException(
          "sampler: %d values were given for %d images; wanted %d"
              .formatted(known.length, request.count(), wanted));
    }
    if (computed != 0 || count < 0 || count > shape.pixels()) {
      throw new IllegalArgumentException(
          "sampler: wanted to be given 0 to %d pixels before any is drawn, got %d after %d"
              .formatted(shape.pixels(), count, computed));
    }
    float[] byPlace = order.byPlace(known, shape.channels());
    int values = count * shape.channels();
    requireLevels(byPlace, shape, shape.values(), values);
    backend.write(pixels, firstValues(byPlace, shape.values(), values));
    pass(values);
  }

  /// @param of values of an image, the first `count` of which are looked at
  static void requireLevels(float[] values, ImageShape shape, int of, int count) {
    for (int k = 0; k < values.length; k++) {
      float level = values[k];
      if (k % of < count && !(level >= 0 && level < shape.levels() && level == (int) level)) {
        throw new IllegalArgumentException(
            "sampler: a given value must be a level, 0 to %d, but value %d is %s"
                .formatted(shape.levels() - 1, k, level));
      }
    }
  }

  /// @param of values of an image, the first `count` of which are kept; 0 for all others.
  static float[] firstValues(float[] images, int of, int count) {
    float[] first = new float[images.length];
    for (int start = 0; start < images.length; start += of) {
      System.arraycopy(images, start, first, start, count);
    }
    return first;
  }

  /// The same from a tensor (B,D) that holds 0 from pixel `count` on, so that it can be recorded.
  final void give(Tensor known, int count) {
    backend.copy(known, pixels);
    pass(count * shape.channels());
  }

  private void pass(int count) {
    valuesAreKnown(count);
    position = count;
    computed = count;
  }

  /// Draws what the tensor (6) says instead of images 0, 1, … of the request's key.
  final void drawFrom(Tensor tensor) {
    draw = tensor;
  }

  private Tensor draw() {
    if (draw == null) {
      draw = scope.ints(Draw.SIZE);
      backend.write(draw, new Draw(request.key(), 0).words());
    }
    return draw;
  }

  /// Draws all values that are left and returns the images (B·D), each value a level.
  ///
  /// @throws NotFiniteException when a logit is infinite or NaN
  public final float[] finish() {
    drawAtOnce();
    while (hasNext()) {
      next();
    }
    FiniteLogits.requireOfImages(config, logits(), 0);
    return images();
  }

  /// Draws all values that are left in one launch, where the backend has a kernel for it.
  private void drawAtOnce() {
    if (hasNext()
        && model != null
        && model.order().equals(order) // nobody has turned it since
        && drawsAtOnce(backend, model, request.count(), request.of())) {
      model.drawAtOnce(
          backend,
          scope,
          new WholeImages(draw(), request.temperature(), position, labels, pixels, logits));
      position = shape.values();
      computed = position;
    }
  }

  /// Multiply-adds that drawing one whole image takes value by value, over what exists.
  public abstract long multiplyAddsPerImage();

  /// The images as far as they are drawn, (B·D).
  public final float[] images() {
    return order.byPixel(backend.readFloats(pixels), shape.channels());
  }

  /// The outputs of the values drawn so far, (B·D·P).
  public final float[] logits() {
    return order.byPixel(backend.readFloats(logits), config.outputs() / shape.pixels());
  }

  /// Writes the outputs of a value from the values before it, which [#pixels] holds: after the same
  /// of each of these, once.
  protected abstract void computeLogits(int value);

  /// The first `count` columns hold their values: build the state that follows, and write their
  /// outputs.
  protected void valuesAreKnown(int count) {
    for (int value = 0; value < count; value++) {
      computeLogits(value);
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
