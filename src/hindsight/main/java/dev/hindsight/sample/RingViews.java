package dev.hindsight.sample;

import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// The entries of a ring (S,N,C), each as a tensor: of one pixel (N,C), or of the same columns of a
/// row (W·N,C). All are made at the start, so that a pixel allocates nothing.
final class RingViews {
  private final Tensor[] views;
  private final int each; // pixels from one to the next

  private RingViews(Tensor ring, int each, int from, int to) {
    this.each = each;
    this.views = new Tensor[ring.dim(0) / each];
    long entry = (long) ring.dim(1) * ring.channels();
    Shape shape = Shape.of((to - from) * ring.dim(1), ring.channels());
    for (int n = 0; n < views.length; n++) {
      views[n] = ring.part(((long) n * each + from) * entry, shape);
    }
  }

  /// What a step reads or writes at once.
  ///
  /// @param width pixels in a row of the image; a ring for rows has whole ones
  static RingViews of(Tensor ring, Span span, int width) {
    return columns(ring, span, width, 0, span == Span.PIXEL ? 1 : width);
  }

  /// The same, of a row only columns `from .. to - 1`.
  static RingViews columns(Tensor ring, Span span, int width, int from, int to) {
    return new RingViews(ring, span == Span.PIXEL ? 1 : width, from, to);
  }

  /// That of a pixel, or of the row in which it lies.
  Tensor at(int pixel) {
    return views[pixel / each % views.length];
  }
}
