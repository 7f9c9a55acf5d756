package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;

/// How much each pixel of an image did to some of its logits: the gradients of those logits by the
/// pixels, by the tape (a saliency map, Simonyan, Vedaldi & Zisserman 2013, arXiv 1312.6034). Of
/// pixels that a logit does not see they are exactly 0.
///
/// A Transformer looks its pixels up in a table of two rows; its gradient is that along the line
/// from row 0 to row 1.
///
/// @param logits of the image: all outputs of the model, of binary images (D)
/// @param gradients (n,D), a row for each logit or pixel that was asked for
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Saliency(float[] logits, float[] gradients) {
  /// Looks at one image.
  ///
  /// @param model without dropout, which belongs to training
  /// @param image (D) of levels
  /// @param of whose logits are differentiated; each takes a row of the batch
  public static Saliency of(Backend backend, AutoregressiveModel model, float[] image, int... of) {
    int outputs = model.config().outputs();
    float[] ones = new float[of.length * outputs];
    for (int row = 0; row < of.length; row++) {
      ones[row * outputs + Objects.checkIndex(of[row], outputs)] = 1;
    }
    return along(backend, model, image, ones);
  }

  /// The same of the log-probabilities of pixels, given those before them.
  ///
  /// @param levels (D), whose probability that is; what the model sees is the image
  /// @param pixels whose log-probabilities are differentiated
  public static Saliency ofLevels(
      Backend backend, AutoregressiveModel model, float[] image, float[] levels, int... pixels) {
    float[] slopes = slopes(backend, model, image, levels);
    int each = slopes.length / model.shape().pixels();
    float[] chosen = new float[pixels.length * slopes.length];
    for (int row = 0; row < pixels.length; row++) {
      int from = Objects.checkIndex(pixels[row], model.shape().pixels()) * each;
      System.arraycopy(slopes, from, chosen, row * slopes.length + from, each);
    }
    return along(backend, model, image, chosen);
  }

  /// The gradient of the log-probability of levels by the outputs, on a tape that begins at these.
  private static float[] slopes(
      Backend backend, AutoregressiveModel model, float[] image, float[] levels) {
    ModelConfig config = model.config();
    try (Scope scope = backend.open("slopes")) {
      Tensor x = scope.floats(1, image.length);
      backend.write(x, image);
      Tensor outputs = model.logits(new Ops(backend, scope, null), x);
      Tensor slopes = scope.tensor(outputs.type(), outputs.shape().dims());
      scope.clear(slopes);
      Tape tape = new Tape(scope);
      tape.bind(outputs, slopes);
      Tensor wanted = scope.floats(1, levels.length);
      backend.write(wanted, levels);
      Ops ops = new Ops(backend, scope, tape);
      tape.backward(config.head().nll(ops, config.group(), outputs, wanted));
      float[] gradient = backend.readFloats(slopes);
      for (int k = 0; k < gradient.length; k++) {
        gradient[k] *= -levels.length; // the loss is a mean over values, and of less is better
      }
      return gradient;
    }
  }

  /// @param direction (n,O), what to go along in the outputs for each row
  private static Saliency along(
      Backend backend, AutoregressiveModel model, float[] image, float[] direction) {
    int outputs = model.config().outputs();
    int rows = direction.length / outputs;
    float[] images = new float[rows * image.length];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(image, 0, images, row * image.length, image.length);
    }
    try (Scope scope = backend.open("saliency")) {
      Tensor x = scope.floats(rows, image.length);
      Tensor dx = scope.zeros(rows, image.length);
      backend.write(x, images);
      Tape tape = new Tape(scope); // parameters are bound to nothing: they need no gradient
      tape.bind(x, dx);
      Ops ops = new Ops(backend, scope, tape);
      Tensor logits = model.logits(ops, x);
      Tensor chosen = scope.floats(logits.shape().dims());
      backend.write(chosen, direction);
      Tensor sum = ops.record(scope.zeros(1), (t, _) -> add(backend, chosen, t, logits));
      tape.backward(sum, scope.zeros(1)); // of the chosen logits; what it is nobody asks
      float[] first = Arrays.copyOf(backend.readFloats(logits), outputs);
      return new Saliency(first, backend.readFloats(dx));
    }
  }

  private static void add(Backend backend, Tensor chosen, Tape tape, Tensor logits) {
    Gradient gradient = Objects.requireNonNull(tape.gradient(logits), "logits are on the tape");
    if (gradient.fresh()) {
      backend.copy(chosen, gradient.tensor());
    } else {
      backend.add().accumulate(chosen, gradient.tensor());
    }
  }
}
