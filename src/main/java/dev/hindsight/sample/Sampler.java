package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Made;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Draws a batch of images pixel by pixel in raster order.
///
/// The uniform that decides a pixel depends on (key, image, pixel) alone. So the same key gives the
/// same images from every sampler and backend, unless a probability lies within float error of its
/// uniform.
///
/// `next()` draws one pixel of every image, so that a program can watch or steer.
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
    ops.bernoulli(request.key(), logits, request.temperature(), position, position + 1, pixels);
    pixelIsKnown(position);
    position++;
  }

  /// Draws all pixels that are left and returns the images (B·784), each value 0 or 1.
  public final float[] finish() {
    while (hasNext()) {
      next();
    }
    return images();
  }

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
