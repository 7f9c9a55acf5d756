package dev.hindsight.nn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What a pixel is told of its place, and of the values of the pixel before it: an embedding of
/// each, added ([dev.hindsight.backend.EmbedPrevious]).
public final class PixelEmbedding {
  private static final double START = 0.02; // standard deviation of fresh embeddings, as in GPT-2

  private final Parameter position;
  private final Parameter table;

  /// Named `pos`, a row for each pixel, and `embed.weight`, a row for each level of each channel.
  public PixelEmbedding(Parameters parameters, ImageShape shape, int width, RandomKey key) {
    this.position = embedding(parameters, "pos", shape.pixels(), width, key);
    this.table =
        embedding(parameters, "embed.weight", shape.channels() * shape.levels(), width, key);
  }

  /// Of more than two levels: there a value is one of V, of which a number alone says too little.
  /// For images of two levels null.
  public static @Nullable PixelEmbedding ofManyLevels(
      Parameters parameters, ImageShape shape, int width, RandomKey key) {
    return shape.levels() > 2 ? new PixelEmbedding(parameters, shape, width, key) : null;
  }

  private static Parameter embedding(
      Parameters parameters, String name, int rows, int width, RandomKey key) {
    return parameters.addSparse(
        name, rows, width, () -> normals(key.fold(name), Math.multiplyExact(rows, width)));
  }

  private static float[] normals(RandomKey key, int count) {
    double[] normals = Philox.normals(key, count);
    float[] initial = new float[count];
    for (int k = 0; k < count; k++) {
      initial[k] = (float) (START * normals[k]);
    }
    return initial;
  }

  /// Of all pixels, each told of those before it alone.
  ///
  /// @param pixels (B,T·C), pixel by pixel
  /// @return (B,T,O)
  public Tensor forward(Ops ops, Tensor pixels) {
    return ops.embedPrevious(pixels, table.value(), position.value());
  }

  /// The same of pixel t, into y (B,O). For samplers.
  public void forward(Backend backend, Tensor pixels, int t, Tensor y) {
    backend.embedPrevious().embedPreviousAt(pixels, t, table.value(), position.value(), y);
  }

  /// The same for a loop over pixels.
  public PixelLoop.Embedding looped() {
    return new PixelLoop.Embedding(position.value(), table.value());
  }
}
