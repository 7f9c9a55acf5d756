package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Which values of an image the outputs of each may depend on, whatever the weights are. It follows
/// from what the ops of a model read, see [dev.hindsight.ops.Structure]. Or it is measured.
public final class Sight {
  private final BitSet[] seen; // by value

  private Sight(BitSet[] seen) {
    this.seen = seen;
  }

  /// What the ops of a model say that they read; measured where one does not.
  public static Sight of(AutoregressiveModel model) {
    BitSet[] seen = model.structure().seen();
    return seen == null ? measured(model.parameters().backend(), model) : new Sight(seen);
  }

  /// What a model really reads: image `i` of a batch is NaN at value `i` alone, and NaN survives
  /// every operation.
  public static Sight measured(Backend backend, AutoregressiveModel model) {
    int values = model.shape().values();
    float[] images = new float[Math.multiplyExact(values, values)];
    for (int v = 0; v < values; v++) {
      images[v * values + v] = Float.NaN;
    }
    ModelConfig config = model.config();
    BitSet[] seen = Stream.generate(BitSet::new).limit(values).toArray(BitSet[]::new);
    try (Scope scope = backend.open("sight")) {
      Tensor x = scope.floats(values, values);
      backend.write(x, images);
      float[] logits = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
      for (int image = 0; image < values; image++) {
        for (int v = 0; v < values; v++) {
          Head.Range range = config.head().range(config.group(), v);
          int from = image * config.outputs() + range.from();
          boolean felt =
              IntStream.range(from, from + range.count()).anyMatch(k -> Float.isNaN(logits[k]));
          seen[v].set(image, felt);
        }
      }
    }
    return new Sight(seen);
  }

  /// Which pixels each pixel sees: those of which any of its values sees one.
  ///
  /// @param channels values of a pixel
  public Sight ofPixels(int channels) {
    if (channels == 1) {
      return this;
    }
    BitSet[] pixels =
        Stream.generate(BitSet::new).limit(seen.length / channels).toArray(BitSet[]::new);
    for (int value = 0; value < seen.length; value++) {
      BitSet pixel = pixels[value / channels];
      seen[value].stream().forEach(other -> pixel.set(other / channels));
    }
    return new Sight(pixels);
  }

  public boolean sees(int logit, int pixel) {
    return seen[logit].get(pixel);
  }

  /// The pixels that a logit sees.
  public BitSet of(int logit) {
    return (BitSet) seen[logit].clone();
  }

  /// Pairs of a logit and an earlier pixel that it does not see.
  public long missed() {
    return IntStream.range(0, seen.length)
        .mapToLong(p -> p - seen[p].get(0, p).cardinality())
        .sum();
  }

  /// Pairs of a logit and its own or a later pixel that it sees; an autoregressive model has none.
  public long leaks() {
    return IntStream.range(0, seen.length)
        .mapToLong(p -> seen[p].get(p, seen.length).cardinality())
        .sum();
  }

  /// All sets, one a logit, in whole bytes each: pixel `p` is bit `p mod 8` of byte `p / 8`.
  public byte[] bytes() {
    int each = (seen.length + 7) / 8;
    byte[] all = new byte[Math.multiplyExact(seen.length, each)];
    for (int p = 0; p < seen.length; p++) {
      byte[] row = seen[p].toByteArray();
      System.arraycopy(row, 0, all, p * each, row.length);
    }
    return all;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sight sight && Arrays.equals(seen, sight.seen);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(seen);
  }
}
