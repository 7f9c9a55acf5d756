package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.stream.IntStream;

/// Classifier-free guidance ([Conditioning#guidance]): a sampler of twice as many images, of which
/// the first half have their classes and the second none. Both halves go on from the values that
/// are drawn from what both say together.
final class GuidedSampler extends Sampler {
  private final Backend backend;
  private final Sampler both; // of 2N images
  private final Head head;
  private final Head.Group group;
  private final float guidance;
  private final Half withClass;
  private final Half without;

  /// Rows of the sampler of both.
  private record Half(Tensor pixels, Tensor logits) {}

  /// @param both a sampler of the model, whose labels are [Conditioning#doubled]
  GuidedSampler(
      Backend backend, Scope scope, AutoregressiveModel model, Request request, Sampler both) {
    super(backend, scope, model, request);
    this.backend = backend;
    this.both = both;
    this.head = model.config().head();
    this.group = model.config().group();
    this.guidance = request.of().guidance();
    this.withClass = half(0);
    this.without = half(1);
  }

  private Half half(int number) {
    return new Half(half(both.pixels, pixels, number), half(both.logits, logits, number));
  }

  private static Tensor half(Tensor all, Tensor like, int number) {
    return all.part(number * like.size(), Shape.of(like.shape().dims()));
  }

  @Override
  protected void computeLogits(int value) {
    if (value > 0) {
      backend.copyColumns(pixels, value - 1, withClass.pixels(), value - 1, 1);
      backend.copyColumns(pixels, value - 1, without.pixels(), value - 1, 1);
    }
    both.computeLogits(value);
    combine(head.range(group, value));
  }

  @Override
  protected void valuesAreKnown(int count) {
    if (count > 0) {
      backend.copy(pixels, withClass.pixels());
      backend.copy(pixels, without.pixels());
      both.valuesAreKnown(count);
      combine(new Head.Range(0, head.range(group, count).from()));
    }
  }

  /// (1 + W)·c - W·u of these columns.
  private void combine(Head.Range range) {
    int count = range.count();
    try (Scope pass = backend.open("guidance")) {
      Tensor c = pass.floats(logits.rows(), count);
      Tensor u = pass.floats(logits.rows(), count);
      Tensor sum = pass.floats(logits.rows(), count);
      backend.copyColumns(withClass.logits(), range.from(), c, 0, count);
      backend.copyColumns(without.logits(), range.from(), u, 0, count);
      backend.rescale().forward(c, 1 + guidance, 0, sum);
      backend.rescale().forward(u, -guidance, 0, c);
      backend.add().accumulate(c, sum);
      backend.copyColumns(sum, 0, logits, range.from(), count);
    }
  }

  @Override
  protected IntStream rehearsed() {
    return both.rehearsed();
  }

  @Override
  public long multiplyAddsPerImage() {
    return 2 * both.multiplyAddsPerImage();
  }
}
