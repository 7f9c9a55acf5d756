package dev.hindsight.model.pixelrnn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.model.pixelrnn.PixelRnn.Block;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Conv1x1;
import dev.hindsight.nn.DiagonalBiLstm;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a PixelRNN. Of each LSTM a row of states is kept, and what the row above adds to all
/// gates of a row is computed when that begins.
///
/// Of a Diagonal BiLSTM the direction from the left goes on pixel by pixel. The one from the right
/// goes through a row once that is whole, since the row below alone reads it. So each pixel is
/// computed once, although a diagonal is never whole.
final class PixelRnnLoop {
  private final Backend backend;
  private final Scope scope;
  private final int images;
  private final @Nullable Tensor labels;
  private final int width;
  private final int hidden;
  private final List<Phase> rows = new ArrayList<>();
  private final List<Phase> pixels = new ArrayList<>();

  private PixelRnnLoop(
      Backend backend, Scope scope, PixelRnn model, int images, @Nullable Tensor labels) {
    this.backend = backend;
    this.scope = scope;
    this.images = images;
    this.labels = labels;
    this.width = model.shape().width();
    this.hidden = model.config().hidden();
  }

  static PixelLoop of(
      Backend backend, Scope scope, PixelRnn model, int images, @Nullable Tensor labels) {
    return new PixelRnnLoop(backend, scope, model, images, labels).loop(model);
  }

  private PixelLoop loop(PixelRnn model) {
    // A row's first pixel is there before what reads the row above.
    Tensor start = scope.floats(2 * width, images, 2 * hidden);
    Tensor x = start;
    for (Block block : model.blocks()) {
      List<Term> terms =
          switch (block.lstm()) {
            case RowLstm lstm -> down(lstm, block.up(), x);
            case DiagonalBiLstm lstm -> across(lstm, block.up(), x);
          };
      Tensor y = row(2 * hidden);
      pixel(new Product(Span.PIXEL, terms, block.up().bias().value(), x, Finish.PLAIN, y));
      x = y;
    }
    Tensor last = scope.floats(1, images, 2 * hidden);
    List<Term> end = List.of(model.hidden().term(x).of(x, Input.RELU));
    pixel(new Product(Span.PIXEL, end, model.hidden().bias().value(), null, Finish.RELU, last));
    MaskedConv2d conv = model.first();
    Tensor b = conv.bias().value();
    List<Term> taps = conv.terms(start, width, down -> true);
    @Nullable Embedding embedding = model.embedding() == null ? null : model.embedding().looped();
    var first = new First(Reads.TAPS, Span.PIXEL, taps, b, embedding, Finish.PLAIN, start);
    List<Term> terms = List.of(model.output().term(last));
    List<Phase> phases = new ArrayList<>();
    Tensor ofOutput = bias(model.output().bias().value(), model.classBias());
    phases.add(new Phase(When.DRAW, List.of(new Logit(terms, ofOutput, first))));
    phases.addAll(rows);
    phases.addAll(pixels);
    return new PixelLoop(phases, model.shape());
  }

  /// A Row LSTM; returns what its states add to a pixel.
  private List<Term> down(RowLstm lstm, Conv1x1 up, Tensor x) {
    Tensor above = scope.zeros(width, images, 4 * hidden); // nothing is above the first row
    Tensor gates = scope.floats(1, images, 4 * hidden);
    Tensor h = row(hidden);
    rows.add(
        new Phase(
            When.ROW,
            List.of(
                new Product(
                    Span.ROW_ABOVE,
                    lstm.state().terms(h, width, down -> true),
                    null,
                    null,
                    Finish.PLAIN,
                    above))));
    Tensor b = bias(lstm.input().bias().value(), lstm.classes());
    List<Term> terms = lstm.input().terms(x, width, down -> true);
    pixel(new Product(Span.PIXEL, terms, b, above, Finish.PLAIN, gates));
    pixel(new Cell(gates, row(hidden), width, 0, h));
    return List.of(up.term(h));
  }

  /// A Diagonal BiLSTM; returns what its states add to a pixel.
  private List<Term> across(DiagonalBiLstm lstm, Conv1x1 up, Tensor x) {
    DiagonalBiLstm.Direction rightward = lstm.rightward();
    Tensor above = scope.zeros(width, images, 4 * hidden);
    Tensor gates = scope.floats(1, images, 4 * hidden);
    Tensor h = row(hidden);
    List<Term> below = List.of(rightward.below(h, width));
    rows.add(
        new Phase(
            When.ROW, List.of(new Product(Span.ROW, below, null, null, Finish.PLAIN, above))));
    List<Term> terms = List.of(rightward.input(x), rightward.beside(h, -1));
    Tensor b = bias(rightward.bias(), rightward.classes());
    pixel(new Product(Span.PIXEL, terms, b, above, Finish.PLAIN, gates));
    pixel(new Cell(gates, row(hidden), 1, -1, h));

    DiagonalBiLstm.Direction leftward = lstm.leftward();
    Tensor whole = row(4 * hidden);
    Tensor back = scope.floats(1, images, 4 * hidden);
    Tensor other = row(hidden);
    List<Term> before = List.of(leftward.input(x), leftward.below(other, width));
    rows.add(
        new Phase(
            When.ROW,
            List.of(
                new Product(
                    Span.ROW_ABOVE,
                    before,
                    bias(leftward.bias(), leftward.classes()),
                    null,
                    Finish.PLAIN,
                    whole))));
    List<Term> beside = List.of(leftward.beside(other, 1));
    rows.add(
        new Phase(
            When.BACK,
            List.of(
                new Product(Span.PIXEL, beside, null, whole, Finish.PLAIN, back),
                new Cell(back, row(hidden), -1, 1, other))));
    Term fromAbove = up.term(other);
    return List.of(up.term(h), new Term(fromAbove.w(), other, width, 0, false, Input.AS_IT_IS));
  }

  private Tensor bias(Tensor same, ClassBias classes) {
    return classes.bias(backend, scope, same, labels);
  }

  private void pixel(Step step) {
    pixels.add(new Phase(When.PIXEL, List.of(step)));
  }

  private Tensor row(int channels) {
    return scope.floats(width, images, channels);
  }
}
