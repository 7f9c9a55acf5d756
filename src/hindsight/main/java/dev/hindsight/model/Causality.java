package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// The law of every model: whatever pixels `i` and later hold, logits up to `i` keep their bits.
/// What is later is a matter of the order in which the model predicts; `i` is a place in it.
///
/// Row `i` of a batch is one image whose pixels from `i` on are changed; its logits are compared
/// with the same row of a batch without changes, so that both are computed in the same order.
public final class Causality {
  private static final int ROWS = 112; // 7 batches

  /// How later pixels are changed.
  public enum Change {
    FLIP {
      @Override
      float of(float pixel) {
        return 1 - pixel;
      }
    },
    /// NaN survives every multiplication, by a zero weight too, so it shows what was read at all.
    POISON {
      @Override
      float of(float pixel) {
        return Float.NaN;
      }
    };

    abstract float of(float pixel);
  }

  /// What was found.
  ///
  /// @param leaks one line per logit that moved, at most ten
  /// @param reached how many later logits did move; 0 would mean that the check sees nothing
  public record Finding(List<String> leaks, long reached) {
    public boolean holds() {
      return leaks.isEmpty() && reached > 0;
    }
  }

  private Causality() {}

  /// Looks at all positions.
  public static Finding check(Backend backend, AutoregressiveModel model, Change change) {
    return check(backend, model, change, 1, 0);
  }

  /// Looks at every `step`-th position only, for a device as slow as the software GPU. A step that
  /// shares no factor with the width of the images sees all columns.
  public static Finding check(Backend backend, AutoregressiveModel model, Change change, int step) {
    return check(backend, model, change, step, 0);
  }

  /// The same, but demands that logits up to `i + early` keep their bits. An honest model breaks
  /// that for `early = 1`, which shows that the check can see a leak.
  static Finding check(
      Backend backend, AutoregressiveModel model, Change change, int step, int early) {
    int pixels = model.shape().pixels();
    float[] image = Philox.uniforms(RandomKey.of(5), pixels);
    for (int p = 0; p < pixels; p++) {
      image[p] = image[p] < 0.3f ? 1 : 0;
    }
    PixelOrder order = model.order();
    List<String> leaks = new ArrayList<>();
    long reached = 0;
    int rows = Math.min(ROWS, (pixels + step - 1) / step);
    float[] base = logits(backend, model, image, rows, row -> pixels, pixel -> pixel);
    for (int first = 0; first < pixels; first += rows * step) {
      int start = first;
      float[] changed = logits(backend, model, image, rows, row -> start + row * step, change::of);
      for (int row = 0; row < rows; row++) {
        int i = first + row * step;
        for (int j = 0; j < pixels; j++) {
          int k = row * pixels + order.pixel(j);
          boolean same = Float.floatToIntBits(base[k]) == Float.floatToIntBits(changed[k]);
          if (!same && j > i + early) {
            reached++;
          } else if (!same && leaks.size() < 10) {
            leaks.add(
                "logit %d moved from %s to %s when pixels from %d on were changed (%s)"
                    .formatted(j, base[k], changed[k], i, change));
          }
        }
      }
    }
    return new Finding(List.copyOf(leaks), reached);
  }

  /// A step for [#check(Backend, AutoregressiveModel, Change, int)] that looks at that many
  /// positions or some more, in all columns.
  public static int step(ImageShape shape, int positions) {
    int step = Math.max(1, shape.pixels() / positions);
    while (BigInteger.valueOf(step).gcd(BigInteger.valueOf(shape.width())).intValue() > 1) {
      step--;
    }
    return step;
  }

  private interface Edit {
    float of(float pixel);
  }

  /// @param from the pixel of each row of the batch from which on it is changed
  private static float[] logits(
      Backend backend,
      AutoregressiveModel model,
      float[] image,
      int rows,
      IntUnaryOperator from,
      Edit later) {
    int count = image.length;
    PixelOrder order = model.order();
    float[] pixels = new float[rows * count];
    for (int row = 0; row < rows; row++) {
      for (int p = 0; p < count; p++) {
        boolean known = order.place(p) < from.applyAsInt(row);
        pixels[row * count + p] = known ? image[p] : later.of(image[p]);
      }
    }
    try (Scope scope = backend.open("causality")) {
      Tensor x = scope.tensor(backend.storage(), rows, count);
      backend.write(x, pixels);
      return backend.readFloats(model.logits(new Ops(backend, scope, null), x));
    }
  }
}
