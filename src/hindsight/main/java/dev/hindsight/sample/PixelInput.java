package dev.hindsight.sample;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What the weights of a term are multiplied by, of a pixel or of a row at once.
final class PixelInput {
  private final Backend backend;
  private final int width;
  private final Span span;
  private final Term term;
  private final RingViews x;
  private final @Nullable RingViews keep;
  private final @Nullable Tensor made; // (N,I), where it is not x itself
  private final @Nullable Rest rest;
  private final @Nullable Tensor mean;
  private final @Nullable Tensor rstd;

  /// What x is added to, and where the sum goes, (N,I) each.
  private record Rest(Tensor b, Tensor part, Tensor sum) {}

  PixelInput(Backend backend, Scope scope, int width, Span span, Term term) {
    this.backend = backend;
    this.width = width;
    this.span = span;
    this.term = term;
    int right = term.right();
    this.x =
        span == Span.PIXEL
            ? RingViews.of(term.x(), span, width)
            : RingViews.columns(
                term.x(), span, width, Math.max(0, right), width + Math.min(0, right));
    Input input = term.input();
    int images = term.x().dim(1);
    Shape row = Shape.of(images, term.x().channels());
    this.keep = input.keep() == null ? null : RingViews.of(input.keep(), span, width);
    this.made = input.equals(Input.AS_IT_IS) ? null : scope.floats(row.dims());
    this.mean = input.norm() == null ? null : scope.floats(images);
    this.rstd = input.norm() == null ? null : scope.floats(images);
    this.rest = input.rest() == null ? null : rest(backend, scope, input.rest(), row);
  }

  private static Rest rest(Backend backend, Scope scope, Parts parts, Shape row) {
    Tensor b = PixelSum.everywhere(backend, scope, parts.b(), row.rows());
    Tensor sum = parts.sum() == null ? scope.floats(row.dims()) : parts.sum().part(0, row);
    return new Rest(b, parts.parts().part(0, row), sum); // the other parts are not written
  }

  /// Where the term's pixel, or the row with its pixels, begins.
  private int source(int q) {
    return q - term.back() - (span == Span.PIXEL ? 0 : term.right());
  }

  /// Whether a pixel has this term, or a row any of it.
  boolean exists(int q) {
    return span == Span.PIXEL ? term.exists(q, width) : source(q) >= 0;
  }

  Tensor at(int q) {
    Input input = term.input();
    Tensor read = x.at(source(q));
    if (made == null) {
      return read;
    }
    if (rest != null) {
      backend.add().forward(read, rest.b(), rest.sum());
      backend.add().accumulate(rest.part(), rest.sum());
      read = rest.sum();
    }
    Tensor y = keep == null ? made : keep.at(q);
    Norm norm = input.norm();
    if (norm != null && mean != null && rstd != null) {
      backend.layerNorm().forward(read, norm.gain(), norm.bias(), input.relu(), y, mean, rstd);
    } else if (input.relu()) {
      backend.activate().forward(Activation.RELU, read, y);
    } else {
      backend.copy(read, y);
    }
    if (input.plus() != null) {
      backend.add().accumulate(input.plus(), y);
    }
    return y;
  }
}
