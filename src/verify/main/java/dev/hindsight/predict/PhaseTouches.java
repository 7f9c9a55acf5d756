package dev.hindsight.predict;

import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.predict.CacheModel.Touch;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which memory a phase of a drawing reads and writes at a pixel: weights whole, of a ring the
/// entry that is meant, all entries where a row is computed, and of keys and values those so far.
final class PhaseTouches {
  private final int pixel;
  private final List<Touch> touches = new ArrayList<>();

  private PhaseTouches(int pixel) {
    this.pixel = pixel;
  }

  static List<Touch> of(Phase phase, int pixel) {
    var all = new PhaseTouches(pixel);
    phase.steps().forEach(all::add);
    return all.touches;
  }

  private void add(Step step) {
    switch (step) {
      case Product product -> {
        whole(product.b());
        add(product.terms(), product.span());
        entry(product.add(), 0, product.span(), false);
        entry(product.y(), 0, product.span(), true);
      }
      case Logit logit -> {
        add(logit.terms(), Span.PIXEL);
        add(logit.first());
      }
      case First first -> {
        if (first.embedding() != null) {
          whole(first.embedding().table());
          entry(first.embedding().position(), 0, first.span(), false);
        }
        first.terms().forEach(term -> whole(term.w()));
        entry(first.y(), 0, first.span(), true);
      }
      case Squash squash -> {
        entry(squash.x(), 0, squash.span(), false);
        entry(squash.y(), 0, squash.span(), true);
      }
      case Cell cell -> {
        entry(cell.gates(), 0, Span.PIXEL, true);
        entry(cell.c(), cell.back(), Span.PIXEL, false);
        entry(cell.c(), 0, Span.PIXEL, true);
        entry(cell.h(), 0, Span.PIXEL, true);
      }
      case Attend attend -> {
        add(List.of(attend.qkv()), Span.PIXEL);
        whole(attend.b());
        soFar(attend.keys());
        soFar(attend.values());
        whole(attend.projection());
        entry(attend.y(), 0, Span.ROW, true); // all parts
      }
      case Perceptron perceptron -> {
        add(List.of(perceptron.up()), Span.PIXEL);
        whole(perceptron.b());
        whole(perceptron.down());
        entry(perceptron.y(), 0, Span.ROW, true);
      }
    }
  }

  private void add(List<Term> terms, Span span) {
    for (Term term : terms) {
      whole(term.w());
      entry(term.x(), term.back(), span, false);
      entry(term.input().plus(), 0, Span.ROW, false); // is no ring
      entry(term.input().keep(), 0, span, true);
      if (term.input().rest() instanceof Parts(Tensor b, Tensor parts, Tensor sum)) {
        whole(b);
        whole(parts);
        entry(sum, 0, span, true);
      }
    }
  }

  private void whole(@Nullable Tensor tensor) {
    entry(tensor, 0, Span.ROW, false);
  }

  /// Of a ring (S,N,C).
  private void entry(@Nullable Tensor ring, int back, Span span, boolean writes) {
    if (ring == null) {
      return;
    }
    long bytes = ring.bytes();
    long at = ring.address();
    if (span == Span.PIXEL) {
      int slots = ring.dim(0);
      bytes /= slots;
      at += Math.floorMod(pixel - back, slots) * bytes;
    }
    touches.add(new Touch(at, bytes, !writes, writes));
  }

  /// Of keys or values (N,T,C).
  private void soFar(Tensor cache) {
    long image = cache.bytes() / cache.dim(0);
    long own = image / cache.dim(1);
    for (int n = 0; n < cache.dim(0); n++) {
      long at = cache.address() + n * image;
      touches.add(new Touch(at, own * (pixel + 1), true, false));
      touches.add(new Touch(at + own * pixel, own, false, true));
    }
  }
}
