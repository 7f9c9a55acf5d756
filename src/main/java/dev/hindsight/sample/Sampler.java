package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.GatedPixelCnn;
import dev.hindsight.model.Lstm;
import dev.hindsight.model.Made;
import dev.hindsight.model.PixelCnn;
import dev.hindsight.model.Transformer;
import dev.hindsight.model.WaveNet;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Draws a batch of images pixel by pixel in raster order.
///
/// The uniform that decides a pixel depends on (key, image, pixel) alone. So the same key gives the
/// same images from every sampler and backend, unless a probability lies within float error of its
/// uniform.
///
/// `next()` draws one pixel of every image, so that a program can watch or steer. For many images
/// use [BatchSampler].
///
/// NOTE: a whole sampler, constructor included, may be recorded (see `Recording`): it copies and
/// computes on the device, but reads and writes nothing from the host.
public abstract class Sampler implements AutoCloseable {
  /// How to draw.
  ///
  /// @param count images in the batch
  /// @param temperature divides the logits; below 1 is more certain than the model is
  public record Request(int count, float temperature, RandomKey key) {}

  final Scope scope;
  final Ops ops;
  final Tensor pixels; // (B,784), 0 where not yet drawn
  final Tensor logits; // (B,784), of the pixels drawn so far
  private final Backend backend;
  private final Request request;
  private @Nullable Tensor draw; // (12), which images these are
  private int position;

  Sampler(Backend backend, Request request) {
    this.backend = backend;
    this.request = request;
    this.scope = backend.open("sampler");
    this.ops = new Ops(backend, scope, null);
    this.pixels = scope.zeros(request.count(), AutoregressiveModel.PIXELS);
    this.logits = scope.zeros(request.count(), AutoregressiveModel.PIXELS);
  }

  /// The sampler that keeps just the state its model needs.
  public static Sampler of(Backend backend, AutoregressiveModel model, Request request) {
    return switch (model) {
      case Made made -> new MadeSampler(backend, made, request);
      case WaveNet net -> new WaveNetSampler(backend, net, request);
      case PixelCnn plain -> new PixelCnnSampler(backend, plain, request);
      case GatedPixelCnn gated -> new GatedPixelCnnSampler(backend, gated, request);
      case Transformer transformer -> new TransformerSampler(backend, transformer, request);
      case Lstm lstm -> new LstmSampler(backend, lstm, request);
    };
  }

  /// Runs the whole network for every pixel, as everybody does; to compare with.
  public static Sampler naive(Backend backend, AutoregressiveModel model, Request request) {
    return new NaiveSampler(backend, model, request);
  }

  /// The pixel that [#next] draws next; 784 when all are drawn.
  public final int position() {
    return position;
  }

  public final boolean hasNext() {
    return position < AutoregressiveModel.PIXELS;
  }

  /// Draws one pixel of every image.
  public final void next() {
    if (!hasNext()) {
      throw new IllegalStateException("sampler: all pixels are drawn");
    }
    computeLogits(position);
    ops.bernoulli(draw(), logits, request.temperature(), position, position + 1, pixels);
    pixelIsKnown(position);
    position++;
  }

  /// Takes the first `count` pixels of every image as given instead of drawing them.
  ///
  /// @param known (B·784), each value 0 or 1; what comes after pixel `count - 1` is not looked at
  public final void give(float[] known, int count) {
    long values = (long) request.count() * AutoregressiveModel.PIXELS;
    if (known.length != values) {
      throw new IllegalArgumentException(
          "sampler: %d values were given for %d images; wanted %d"
              .formatted(known.length, request.count(), values));
    }
    if (position != 0 || count < 0 || count > AutoregressiveModel.PIXELS) {
      throw new IllegalArgumentException(
          "sampler: wanted to be given 0 to 784 pixels before any is drawn, got %d after %d"
              .formatted(count, position));
    }
    backend.write(pixels, firstPixels(known, count));
    pass(count);
  }

  /// The first `count` pixels of every image, and 0 for all others.
  static float[] firstPixels(float[] images, int count) {
    float[] first = new float[images.length];
    for (int start = 0; start < images.length; start += AutoregressiveModel.PIXELS) {
      System.arraycopy(images, start, first, start, count);
    }
    return first;
  }

  /// The same from a tensor (B,784) that holds 0 from pixel `count` on, so that it can be recorded.
  final void give(Tensor known, int count) {
    backend.copy(known, pixels);
    pass(count);
  }

  /// A state may be built by either of the two calls, so both are made although nothing is drawn.
  private void pass(int count) {
    for (; position < count; position++) {
      computeLogits(position);
      pixelIsKnown(position);
    }
  }

  /// Draws what the tensor (12) says instead of images 0, 1, … of the request's key.
  final void drawFrom(Tensor tensor) {
    draw = tensor;
  }

  private Tensor draw() {
    if (draw == null) {
      draw = scope.floats(Draw.SIZE);
      backend.write(draw, new Draw(request.key(), 0).pieces());
    }
    return draw;
  }

  /// Draws all pixels that are left and returns the images (B·784), each value 0 or 1.
  public final float[] finish() {
    drawAtOnce();
    while (hasNext()) {
      next();
    }
    return images();
  }

  /// Draws all pixels that are left in one launch, where the backend has a kernel for it.
  final void drawAtOnce() {
    if (hasNext() && drawAtOnce(draw(), request.temperature(), position)) {
      position = AutoregressiveModel.PIXELS;
    }
  }

  /// Draws pixels `from .. 783` in one launch, without the two calls below, where the backend has a
  /// kernel for it; logits are written too.
  ///
  /// @return false when it has not, and nothing was done
  boolean drawAtOnce(Tensor draw, float temperature, int from) {
    return false;
  }

  /// Multiply-adds that drawing one whole image takes pixel by pixel, over what exists.
  public abstract long multiplyAddsPerImage();

  /// The images as far as they are drawn, (B·784).
  public final float[] images() {
    return backend.readFloats(pixels);
  }

  /// The logits of the pixels drawn so far, (B·784).
  public final float[] logits() {
    return backend.readFloats(logits);
  }

  /// Writes column `pixel` of the logits from the pixels before it.
  abstract void computeLogits(int pixel);

  /// Column `pixel` now holds its value; update whatever state depends on it.
  abstract void pixelIsKnown(int pixel);

  @Override
  public void close() {
    scope.close();
  }
}
