package dev.hindsight.sample;

import static dev.hindsight.backend.Activation.IDENTITY;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// y = finish(b + Σ terms + add), or + an embedding, of a pixel or of a row at once: a product for
/// each term that exists, added to those before it.
final class PixelSum {
  private final Backend backend;
  private final int width;
  private final Span span;
  private final List<Factor> factors;
  private final @Nullable Tensor b; // where the first factor is there for every pixel
  private final @Nullable Tensor everywhere; // else, (N,O) or (W·N,O)
  private final @Nullable RingViews add;
  private final @Nullable Embedded embedded;
  private final Finish finish;
  private final @Nullable Tensor before; // finish, unless that is PLAIN
  private final RingViews y;

  /// A term with all views of what it reads and of where it is added.
  private record Factor(Term term, PixelInput input, RingViews to) {}

  /// @param y an entry for each pixel
  private record Embedded(Tensor pixels, Embedding embedding, RingViews y) {}

  PixelSum(Backend backend, Scope scope, int width, Product product) {
    this(backend, scope, width, product, null, product.y());
  }

  /// @param pixels (N,D) that `embedding` reads
  PixelSum(
      Backend backend,
      Scope scope,
      int width,
      Product product,
      @Nullable Embedding embedding,
      Tensor pixels) {
    Tensor y = product.y();
    this.backend = backend;
    this.width = width;
    this.span = product.span();
    this.finish = product.finish();
    this.y = RingViews.of(y, span, width);
    int positions = span == Span.PIXEL ? 1 : width;
    int rows = positions * y.dim(1);
    int outputs = finish == Finish.GATE ? 2 * y.channels() : y.channels();
    Tensor sum = finish == Finish.PLAIN ? y : scope.floats(positions, y.dim(1), outputs);
    this.before = finish == Finish.PLAIN ? null : sum.part(0, Shape.of(rows, outputs));
    this.factors =
        product.terms().stream()
            .map(
                term ->
                    new Factor(
                        term,
                        new PixelInput(backend, scope, width, span, term),
                        to(sum, term.right())))
            .toList();
    Tensor b = product.b();
    boolean always =
        span == Span.PIXEL
            && !product.terms().isEmpty()
            && product.terms().getFirst().back() == 0
            && b != null
            && b.shape().rank() == 1;
    this.b = always ? b : null;
    this.everywhere = always || b == null ? null : everywhere(backend, scope, b, rows);
    this.add = product.add() == null ? null : RingViews.of(product.add(), span, width);
    this.embedded =
        embedding == null
            ? null
            : new Embedded(pixels, embedding, RingViews.of(sum, Span.PIXEL, width));
  }

  private RingViews to(Tensor sum, int right) {
    return span == Span.PIXEL
        ? RingViews.of(sum, span, width)
        : RingViews.columns(sum, span, width, Math.max(0, -right), width - Math.max(0, right));
  }

  /// A bias in as many rows, by the product of nothing with nothing; or one of each image, over and
  /// over.
  static Tensor everywhere(Backend backend, Scope scope, Tensor b, int rows) {
    boolean ofImages = b.shape().rank() > 1;
    if (ofImages && b.rows() == rows) {
      return b;
    }
    Tensor all = scope.floats(rows, b.channels());
    if (ofImages) {
      for (int row = 0; row < rows; row += b.rows()) {
        backend.copy(b, all.part((long) row * b.channels(), b.shape()));
      }
    } else {
      Tensor none = scope.zeros(rows, 1);
      backend.linear().forward(none, scope.zeros(b.channels(), 1), b, IDENTITY, all);
    }
    return all;
  }

  /// @param q the pixel, or the first one of the row
  void run(int q) {
    Tensor sum = before == null ? y.at(q) : before;
    @Nullable Tensor from = begin(q, sum);
    boolean begun = embedded != null || (add != null && everywhere != null); // from is the sum
    if (span != Span.PIXEL && !begun) { // terms miss columns
      start(from, sum);
      begun = true;
    }
    for (int n = 0; n < factors.size(); n++) {
      Factor factor = factors.get(n);
      if (!factor.input().exists(q)) {
        continue;
      }
      Tensor x = factor.input().at(q);
      Tensor w = factor.term().w();
      Tensor to = factor.to().at(q);
      if (begun) {
        backend.linear().linearAdd(x, w, null, to, to);
      } else if (from == null) {
        backend.linear().forward(x, w, b, IDENTITY, to);
      } else {
        backend.linear().linearAdd(x, w, b, from, to);
      }
      begun = true;
    }
    if (!begun) {
      start(from, sum);
    }
    switch (finish) {
      case PLAIN -> {}
      case RELU -> backend.activate().forward(Activation.RELU, sum, y.at(q));
      case GELU -> backend.activate().forward(Activation.GELU, sum, y.at(q));
      case GATE -> backend.gate().forward(sum, y.at(q));
    }
  }

  private void start(@Nullable Tensor from, Tensor sum) {
    if (from == null) {
      backend.fill(sum, 0);
    } else {
      backend.copy(from, sum);
    }
  }

  /// What terms are added to; null for nothing.
  private @Nullable Tensor begin(int q, Tensor sum) {
    if (embedded == null) {
      if (add == null || everywhere == null) {
        return add == null ? everywhere : add.at(q);
      }
      backend.add().forward(add.at(q), everywhere, sum);
      return sum;
    }
    Embedding embedding = embedded.embedding();
    for (int p = q; p < q + (span == Span.PIXEL ? 1 : width); p++) {
      backend
          .embedPrevious()
          .embedPreviousAt(
              embedded.pixels(), p, embedding.table(), embedding.position(), embedded.y().at(p));
      if (p == 0 && embedding.start() != null) {
        backend.add().accumulate(embedding.start(), embedded.y().at(p));
      }
    }
    if (everywhere != null) {
      backend.add().accumulate(everywhere, sum);
    }
    return sum;
  }
}
