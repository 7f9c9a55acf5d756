package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;

/// How much each pixel of an image did to some of its logits: the gradients of those logits by the
/// pixels, by the tape (a saliency map, Simonyan, Vedaldi & Zisserman 2013, arXiv 1312.6034). Of
/// pixels that a logit does not see they are exactly 0.
///
/// A Transformer looks its pixels up in a table of two rows; its gradient is that along the line
/// from row 0 to row 1.
///
/// @param logits (D) of the image
/// @param gradients (n,D), a row for each logit that was asked for
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Saliency(float[] logits, float[] gradients) {
  /// Looks at one image.
  ///
  /// @param model without dropout, which belongs to training
  /// @param image (D) of 0 and 1
  /// @param of whose logits are differentiated; each takes a row of the batch
  public static Saliency of(Backend backend, AutoregressiveModel model, float[] image, int... of) {
    int pixels = image.length;
    float[] images = new float[of.length * pixels];
    float[] ones = new float[of.length * pixels];
    for (int row = 0; row < of.length; row++) {
      System.arraycopy(image, 0, images, row * pixels, pixels);
      ones[row * pixels + Objects.checkIndex(of[row], pixels)] = 1;
    }
    try (Scope scope = backend.open("saliency")) {
      Tensor x = scope.floats(of.length, pixels);
      Tensor dx = scope.zeros(of.length, pixels);
      Tensor chosen = scope.floats(of.length, pixels);
      backend.write(x, images);
      backend.write(chosen, ones);
      Tape tape = new Tape(scope); // parameters are bound to nothing: they need no gradient
      tape.bind(x, dx);
      Ops ops = new Ops(backend, scope, tape);
      Tensor logits = model.logits(ops, x);
      Tensor sum = ops.record(scope.zeros(1), (t, _) -> add(backend, chosen, t, logits));
      tape.backward(sum, scope.zeros(1)); // of the chosen logits; what it is nobody asks
      float[] first = new float[pixels];
      System.arraycopy(backend.readFloats(logits), 0, first, 0, pixels);
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
