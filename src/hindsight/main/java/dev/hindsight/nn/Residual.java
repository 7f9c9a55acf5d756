package dev.hindsight.nn;

import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A residual stream of one pixel as a sampler's phases leave it: x + b + Σ parts, which whoever
/// reads it adds up.
///
/// @param x (1,N,C)
/// @param b (C) of the layer that was added last; null where x is all
/// @param parts (P,N,C) of that layer, or null
public record Residual(Tensor x, @Nullable Tensor b, @Nullable Tensor parts) {
  /// Weights times the norm of all of it.
  ///
  /// @param w (O,C)
  /// @param sum where all of it, not normed, goes for those who read it later, or null
  public Term into(Tensor w, LayerNorm norm, @Nullable Tensor sum) {
    var rest = b == null || parts == null ? null : new Parts(b, parts, sum);
    return Term.now(w, x).of(x, new Input(rest, norm.norm(), false, null, null));
  }
}
