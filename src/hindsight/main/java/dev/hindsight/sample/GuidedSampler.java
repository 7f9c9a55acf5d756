package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.ops.Ops;
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
  private final ModelConfig model;
  private final float guidance;
  private final Half withClass;
  private final Half without;

  /// Rows of the sampler of both.
  private record Half(Tensor pixels, Tensor outputs) {}

  /// @param both a sampler of the model, whose labels are [Conditioning#doubled]
  GuidedSampler(
      Backend backend, Scope scope, AutoregressiveModel model, Request request, Sampler both) {
    super(backend, scope, request.of().guided(model), request);
    this.backend = backend;
    this.both = both;
    this.model = model.config();
    this.guidance = request.of().guidance();
    this.withClass = half(0);
    this.without = half(1);
  }

  private Half half(int number) {
    return new Half(half(both.pixels, number), half(both.logits, number));
  }

  private static Tensor half(Tensor all, int number) {
    long size = all.size() / 2;
    return all.part(number * size, Shape.of(all.rows() / 2, all.channels()));
  }

  @Override
  protected void computeLogits(int value) {
    if (value > 0) {
      backend.copyColumns(pixels, value - 1, withClass.pixels(), value - 1, 1);
      backend.copyColumns(pixels, value - 1, without.pixels(), value - 1, 1);
    }
    both.computeLogits(value);
    combine(value, value + 1);
  }

  @Override
  protected void valuesAreKnown(int count) {
    if (count > 0) {
      backend.copy(pixels, withClass.pixels());
      backend.copy(pixels, without.pixels());
      both.valuesAreKnown(count);
      combine(0, count);
    }
  }

  /// (1 + W)·c - W·u of the values `from .. to - 1`.
  private void combine(int from, int to) {
    int each = logits.channels() / pixels.channels();
    try (Scope pass = backend.open("guidance")) {
      Tensor c = byValue(pass, withClass, from, to);
      Tensor u = byValue(pass, without, from, to);
      Tensor sum = pass.floats(logits.rows(), (to - from) * each);
      backend.rescale().forward(c, 1 + guidance, 0, sum);
      backend.rescale().forward(u, -guidance, 0, c);
      backend.add().accumulate(c, sum);
      backend.copyColumns(sum, 0, logits, from * each, (to - from) * each);
    }
  }

  /// Outputs of the values alone, (N,…), where those of a mixture are of whole pixels.
  private Tensor byValue(Scope pass, Half half, int from, int to) {
    Head head = model.head();
    int values = head.byChannel() ? 1 : model.group().channels(); // that share their outputs
    int first = from / values * values;
    int count = Math.ceilDiv(to, values) * values - first;
    int begin = head.range(model.group(), first).from();
    int end = head.range(model.group(), first + count).from();
    Tensor outputs = columns(pass, half.outputs(), begin, end - begin);
    Tensor known = columns(pass, half.pixels(), first, count);
    Tensor all = head.byValue(new Ops(backend, pass, null), model.group(), outputs, known);
    int each = all.channels() / count;
    return count == to - from ? all : columns(pass, all, (from - first) * each, (to - from) * each);
  }

  private Tensor columns(Scope pass, Tensor all, int from, int count) {
    Tensor columns = pass.floats(all.rows(), count);
    backend.copyColumns(all, from, columns, 0, count);
    return columns;
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
