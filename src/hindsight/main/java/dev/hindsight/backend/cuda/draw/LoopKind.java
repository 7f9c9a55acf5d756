package dev.hindsight.backend.cuda.draw;

import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What decides which kernel of `pixel_sample.cu` and the files beside it follows a [PixelLoop].
final class LoopKind {
  private LoopKind() {}

  /// Whether it is for a kernel that has attention, perceptrons, and sums that are left in parts.
  ///
  /// @throws IllegalArgumentException where neither such a kernel nor another has all of its steps
  static boolean attends(PixelLoop loop) {
    boolean parts =
        steps(loop)
            .anyMatch(
                step ->
                    switch (step) {
                      case Attend _, Perceptron _ -> true;
                      case Logit logit -> isLeft(logit.terms());
                      case Product product -> isLeft(product.terms());
                      case First _, Squash _, Cell _ -> false;
                    });
    if (parts && steps(loop).anyMatch(step -> step instanceof First || step instanceof Squash)) {
      throw new IllegalArgumentException("no kernel has all steps of " + loop);
    }
    return parts;
  }

  static boolean hasProducts(PixelLoop loop) {
    return steps(loop).anyMatch(Product.class::isInstance);
  }

  private static Stream<Step> steps(PixelLoop loop) {
    return loop.phases().stream().flatMap(phase -> phase.steps().stream());
  }

  /// Whether an input was left in parts.
  static boolean isLeft(List<Term> terms) {
    return terms.stream().anyMatch(term -> term.input().rest() != null);
  }

  /// Puts the last layer, where it is more than a logit, into a phase of its own, which is tiled as
  /// any other; a pixel is then drawn from what it made.
  static List<Phase> apart(PixelLoop loop, Tensor last) {
    List<Phase> phases = new ArrayList<>();
    List<Phase> layer = new ArrayList<>();
    for (Phase phase : loop.phases()) {
      if (phase.steps().getFirst() instanceof Logit(var own, var b, var first)) {
        phases.add(new Phase(phase.when(), List.of(new Logit(List.of(), b, first))));
        Tensor y = last.part(0, Shape.of(1, last.rows(), last.channels()));
        var product = new Product(Span.PIXEL, own, b, null, Finish.PLAIN, y);
        layer.add(new Phase(When.PIXEL, List.of(product)));
      } else {
        phases.add(phase);
      }
    }
    phases.addAll(layer);
    return phases;
  }
}
