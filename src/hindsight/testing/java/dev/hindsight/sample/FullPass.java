package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// What a sampler's logits are held against: those of the whole network for what it drew.
final class FullPass {
  private FullPass() {}

  /// @param images (B·D) that were drawn, of one value a pixel
  /// @param got their logits by the sampler
  static void assertLogits(
      Backend backend, AutoregressiveModel model, float[] images, float[] got) {
    int pixels = model.shape().pixels();
    float[] want;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(images.length / pixels, pixels);
      backend.write(x, images);
      want = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
    }
    for (int k = 0; k < want.length; k++) {
      float allowed = 2e-5f * (1 + Math.abs(want[k]));
      if (!(Math.abs(got[k] - want[k]) <= allowed)) {
        throw new AssertionError(
            "logit %d of image %d: sampler %s, full pass %s"
                .formatted(k % pixels, k / pixels, got[k], want[k]));
      }
    }
  }
}
