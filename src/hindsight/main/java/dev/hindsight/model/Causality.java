package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/// The law of every model: whatever values `i` and later hold, the outputs of those up to `i` keep
/// their bits. What is later is a matter of the order in which the model predicts, channel by
/// channel of each pixel; `i` is a place in it.
///
/// Row `i` of a batch is one image whose values from `i` on are changed; its logits are compared
/// with the same row of a batch without changes, so that both are computed in the same order. Where
/// the model knows classes, every row has another one, the same in both.
public final class Causality {
  private static final int ROWS = 112; // 7 batches

  /// How later values are changed.
  public enum Change {
    FLIP {
      @Override
      float of(float value, int levels) {
        return levels - 1 - value;
      }
    },
    /// NaN survives every multiplication, by a zero weight too, so it shows what was read at all.
    POISON {
      @Override
      float of(float value, int levels) {
        return Float.NaN;
      }
    };

    abstract float of(float value, int levels);
  }

  /// What was found.
  ///
  /// @param leaks one line per logit that moved, at most ten
  /// @param reached how many later logits did move, by the change that moved the fewest; 0 would
  ///   mean that the check sees nothing
  public record Finding(List<String> leaks, long reached) {
    public boolean holds() {
      return leaks.isEmpty() && reached > 0;
    }
  }

  private Causality() {}

  /// Looks at every `step`-th position, all for 1. A step that shares no factor with the width of
  /// the images sees all columns.
  ///
  /// @param changes by each of which the law is checked; all of them where none is given
  public static Finding check(
      Backend backend, AutoregressiveModel model, int step, Change... changes) {
    return check(backend, model, step, 0, changes);
  }

  /// The same, but demands that logits up to `i + early` keep their bits. An honest model breaks
  /// that for `early = 1`, which shows that the check can see a leak.
  static Finding check(
      Backend backend, AutoregressiveModel model, int step, int early, Change... changes) {
    ImageShape shape = model.shape();
    int values = shape.values();
    float[] image = image(shape);
    int rows = Math.min(ROWS, (values + step - 1) / step);
    float[] base = logits(backend, model, image, rows, row -> values, value -> value);
    List<String> leaks = new ArrayList<>();
    long fewest = Long.MAX_VALUE;
    for (Change change : changes.length == 0 ? Change.values() : changes) {
      long reached = 0;
      for (int first = 0; first < values; first += rows * step) {
        int start = first;
        Edit edit = value -> change.of(value, shape.levels());
        float[] changed = logits(backend, model, image, rows, row -> start + row * step, edit);
        for (int row = 0; row < rows; row++) {
          int i = first + row * step;
          String what = "when values from %d on were changed (%s)".formatted(i, change);
          reached += compare(model, base, changed, row, i + early, what, leaks);
        }
      }
      fewest = Math.min(fewest, reached);
    }
    return new Finding(List.copyOf(leaks), fewest);
  }

  /// Notes every logit of a row that moved and is not later than `last`; returns how many later
  /// ones moved.
  private static int compare(
      AutoregressiveModel model,
      float[] base,
      float[] changed,
      int row,
      int last,
      String what,
      List<String> leaks) {
    ModelConfig config = model.config();
    int[] placed = model.order().pixels(model.shape().channels());
    int reached = 0;
    for (int j = 0; j < placed.length; j++) {
      Head.Range range = config.head().range(config.group(), placed[j]);
      int from = row * config.outputs() + range.from();
      int moved = moved(base, changed, from, range.count());
      if (moved >= 0 && j > last) {
        reached++;
      } else if (moved >= 0 && leaks.size() < 10) {
        leaks.add(
            "logit %d moved from %s to %s %s".formatted(j, base[moved], changed[moved], what));
      }
    }
    return reached;
  }

  /// The law of classes: an image's outputs follow from its own label and from what the model has
  /// learnt of that class alone. Of each image in turn the label becomes NaN, then all rows of each
  /// class; the outputs of all others keep their bits.
  public static Finding ofClasses(Backend backend, AutoregressiveModel model) {
    int classes = model.config().classes();
    int rows = classes + 2; // two of them of one class
    float[] labels = labels(model, rows);
    List<String> leaks = new ArrayList<>();
    long reached = 0;
    float[] base = logits(backend, model, labels);
    for (int row = 0; row < rows; row++) {
      float[] poisoned = labels.clone();
      poisoned[row] = Float.NaN;
      float[] changed = logits(backend, model, poisoned);
      int at = row;
      String what = "when the label of image %d was changed".formatted(row);
      reached += compare(model, base, changed, other -> other == at, what, leaks);
    }
    for (int label = 0; label < classes; label++) {
      float[] before = backend.readFloats(model.parameters().flat().value());
      for (Parameter table : ClassBias.tables(model.parameters())) {
        int from = model.parameters().offset(table) + label * table.shape().channels();
        float[] poisoned = before.clone();
        Arrays.fill(poisoned, from, from + table.shape().channels(), Float.NaN);
        model.parameters().write(poisoned);
        float[] changed = logits(backend, model, labels);
        int at = label;
        String what = "when class %d of %s was changed".formatted(label, table.name());
        reached += compare(model, base, changed, row -> labels[row] == at, what, leaks);
      }
      model.parameters().write(before);
    }
    return new Finding(List.copyOf(leaks), reached);
  }

  /// Notes every row that moved and was not to; returns how many moved that were.
  private static int compare(
      AutoregressiveModel model,
      float[] base,
      float[] changed,
      IntPredicate mayMove,
      String what,
      List<String> leaks) {
    int outputs = model.config().outputs();
    int reached = 0;
    for (int row = 0; row < base.length / outputs; row++) {
      int moved = moved(base, changed, row * outputs, outputs);
      if (moved >= 0 && mayMove.test(row)) {
        reached++;
      } else if (moved >= 0 && leaks.size() < 10) {
        leaks.add(
            "image %d moved from %s to %s %s".formatted(row, base[moved], changed[moved], what));
      }
    }
    return reached;
  }

  /// The first output whose bits differ, -1 where none does.
  private static int moved(float[] base, float[] changed, int from, int count) {
    for (int k = from; k < from + count; k++) {
      if (Float.floatToIntBits(base[k]) != Float.floatToIntBits(changed[k])) {
        return k;
      }
    }
    return -1;
  }

  /// Where there are two levels, three pixels of ten are 1.
  private static float[] image(ImageShape shape) {
    float[] image = Philox.uniforms(RandomKey.of(5), shape.values());
    for (int v = 0; v < image.length; v++) {
      float level = (float) Math.floor(image[v] * shape.levels());
      image[v] = shape.binary() ? (image[v] < 0.3f ? 1 : 0) : level;
    }
    return image;
  }

  /// A step for [#check(Backend, AutoregressiveModel, int, Change...)] that looks at that many
  /// positions or some more, in all columns.
  public static int step(ImageShape shape, int positions) {
    int step = Math.max(1, shape.values() / positions);
    long row = (long) shape.width() * shape.channels();
    while (BigInteger.valueOf(step).gcd(BigInteger.valueOf(row)).intValue() > 1) {
      step--;
    }
    return step;
  }

  private interface Edit {
    float of(float value);
  }

  /// @param from the value of each row of the batch from which on it is changed
  private static float[] logits(
      Backend backend,
      AutoregressiveModel model,
      float[] image,
      int rows,
      IntUnaryOperator from,
      Edit later) {
    int count = image.length;
    int[] places = model.order().places(model.shape().channels());
    float[] pixels = new float[rows * count];
    for (int row = 0; row < rows; row++) {
      for (int v = 0; v < count; v++) {
        boolean known = places[v] < from.applyAsInt(row);
        pixels[row * count + v] = known ? image[v] : later.of(image[v]);
      }
    }
    return logits(backend, model, pixels, labels(model, rows));
  }

  /// Of images that are all the same.
  private static float[] logits(Backend backend, AutoregressiveModel model, float[] labels) {
    float[] image = image(model.shape());
    float[] pixels = new float[labels.length * image.length];
    for (int row = 0; row < labels.length; row++) {
      System.arraycopy(image, 0, pixels, row * image.length, image.length);
    }
    return logits(backend, model, pixels, labels);
  }

  /// Of some images no class, then each class in turn.
  private static float[] labels(AutoregressiveModel model, int rows) {
    float[] labels = new float[rows];
    for (int row = 0; row < rows; row++) {
      labels[row] = row % (model.config().classes() + 1) - 1;
    }
    return labels;
  }

  private static float[] logits(
      Backend backend, AutoregressiveModel model, float[] pixels, float[] labels) {
    try (Scope scope = backend.open("causality")) {
      Tensor x = scope.tensor(backend.storage(), labels.length, pixels.length / labels.length);
      backend.write(x, pixels);
      Ops ops = new Ops(backend, scope, null);
      if (model.config().classes() == 0) {
        return backend.readFloats(model.logits(ops, x));
      }
      Tensor of = scope.floats(labels.length);
      backend.write(of, labels);
      return backend.readFloats(model.logits(ops, x, of));
    }
  }
}
