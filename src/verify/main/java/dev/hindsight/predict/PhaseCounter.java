package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.predict.DrawPrediction.Asked;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// Counts a phase of a drawing: what a launch with one such phase more does beyond another. A
/// cooperative launch is run whole, so that is exact. What is drawn meanwhile is of no use.
final class PhaseCounter {
  private final Backend backend;
  private final Scope scope;
  private final Asked asked;
  private final int images;
  private final Map<String, KernelCounts> known = new HashMap<>();

  /// @param backend a software GPU that counts
  /// @param scope open for as long as it is used
  /// @param asked what a model asks it to draw by
  PhaseCounter(Backend backend, Scope scope, Asked asked, int images) {
    this.backend = backend;
    this.scope = scope;
    this.asked = asked;
    this.images = images;
  }

  /// Each phase of a loop once, in their order; where attention has more to do from pixel to pixel,
  /// the mean over an image. All that a layer reads exists, as it does but for the first rows and
  /// columns.
  List<KernelCounts> of(PixelLoop loop) {
    ImageShape shape = loop.shape();
    List<Phase> phases = loop.phases().stream().map(this::inside).toList();
    long blocks = launch(new PixelLoop(phases, shape), 1).blocks();
    return phases.stream()
        .map(phase -> known.computeIfAbsent(kind(phase), _ -> count(phase, shape, blocks)))
        .toList();
  }

  /// What two phases have in common that do the same: all but where their tensors lie, which their
  /// text does not say, and how many entries a ring (S,N,C) has.
  private static String kind(Phase phase) {
    return phase.toString().replaceAll("\\(\\d+, (\\d+, \\d+)\\)", "(S, $1)");
  }

  /// @param blocks of the launch with all phases; those of a row have tiles for them, and alone
  ///   would be given fewer
  private KernelCounts count(Phase phase, ImageShape shape, long blocks) {
    var alone = new PixelLoop(List.of(phase), shape);
    if (phase.when() == When.ROW) {
      int width = shape.width();
      KernelCounts row = CountSum.difference(launch(alone, width), launch(alone, width + 1));
      return CountSum.onBlocks(row, blocks);
    }
    if (phase.steps().getFirst() instanceof Attend attend) { // has more keys from pixel to pixel
      int pixels = shape.pixels();
      KernelCounts image = launch(alone, pixels, 1);
      KernelCounts mean = new CountSum((double) images / pixels, 0).of(image, image);
      return CountSum.onBlocks(mean, Math.min((long) images * attend.heads(), blocks));
    }
    return CountSum.difference(launch(alone, 1), launch(alone, 2));
  }

  /// A phase that reads of the pixel itself what it would read of others: as much, and it exists;
  /// each from a ring of its own, since a warp that reads two of them does not read one entry
  /// twice.
  Phase inside(Phase phase) {
    return new Phase(phase.when(), phase.steps().stream().map(this::inside).toList());
  }

  private Step inside(Step step) {
    return switch (step) {
      case Product(var span, var terms, var b, var add, var finish, var y) ->
          new Product(span, inside(terms), b, add, finish, y);
      case Logit(var terms, var b, var first) -> new Logit(inside(terms), b, inside(first));
      case First first -> inside(first);
      case Squash squash -> squash;
      case Cell cell -> cell;
      case Attend attend -> attend;
      case Perceptron perceptron -> perceptron;
    };
  }

  private First inside(First first) {
    return new First(
        first.reads(),
        first.span(),
        inside(first.terms()),
        first.b(),
        first.embedding(),
        first.finish(),
        first.y());
  }

  private List<Term> inside(List<Term> terms) {
    return terms.stream()
        .map(
            term ->
                term.back() == 0
                    ? term
                    : new Term(term.w(), own(term.x()), 0, 0, term.sequence(), term.input()))
        .toList();
  }

  private Tensor own(Tensor ring) {
    return scope.zeros(1, images, ring.channels());
  }

  /// The launch that draws images of so many pixels.
  KernelCounts launch(PixelLoop loop, int pixels) {
    return launch(loop, pixels, images);
  }

  /// The same of the first of its images.
  KernelCounts launch(PixelLoop loop, int pixels, int images) {
    ImageShape shape = loop.shape();
    OutputHead head = Objects.requireNonNull(asked.head());
    return launch(
        new Size(pixels, shape.pixels(), shape.channels(), head.outputs()),
        images,
        drawn -> backend.sampling().pixels(loop, head, drawn));
  }

  KernelCounts launch(LstmLoop loop, int pixels) {
    return launch(
        new Size(pixels, loop.side() * loop.side(), 1, 1),
        images,
        drawn -> {
          try (Scope scope = backend.open("state")) {
            backend.sampling().lstm(loop, scope.zeros(3, images, loop.hidden()), null, drawn);
          }
        });
  }

  /// @param whole pixels of an image, of which others are drawn: rows may look at those that are
  ///   not
  private record Size(int pixels, int whole, int channels, int outputs) {}

  private KernelCounts launch(Size size, int images, Consumer<WholeImages> draw) {
    try (Scope scope = backend.open("images")) {
      Tensor values = scope.zeros(images, size.whole() * size.channels());
      Tensor outputs = scope.zeros(images, size.whole() * size.outputs());
      Tensor key = scope.ints(Draw.SIZE);
      scope.clear(key);
      var drawn =
          new WholeImages(
              key,
              1,
              0,
              values.part(0, Shape.of(images, size.pixels() * size.channels())),
              outputs.part(0, Shape.of(images, size.pixels() * size.outputs())));
      backend.synchronize();
      Backends.takeCounts();
      draw.accept(drawn);
      backend.synchronize();
      return Backends.takeCounts().getLast();
    }
  }
}
