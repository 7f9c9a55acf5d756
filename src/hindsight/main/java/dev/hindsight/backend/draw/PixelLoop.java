package dev.hindsight.backend.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a pixel of a model is computed whose layers can go pixel by pixel: for a pixel of all images
/// a list of phases, whose steps need nothing of each other. A kernel that draws whole images
/// follows it ([Sampling#pixels]), and so do samplers, by the ops of any backend.
///
/// What a layer made of the last pixels lies in a ring, (S,N,C): pixel q of N images is entry `q
/// mod S`. A step may read of a ring what an earlier phase of the same pixel wrote, or what is
/// older, but not what its own phase writes. The first layer comes before the phases of a row: who
/// reads all of the row above it then keeps more than one row of it.
///
/// @param phases the first is that of the [Logit], then those of rows, then those of pixels
/// @param shape of the images
public record PixelLoop(List<Phase> phases, ImageShape shape) implements DrawingLoop {
  /// When a phase takes place.
  public enum When {
    /// Before everything else.
    DRAW,
    /// At the start of each row but the first: for what needs whole rows above.
    ROW,
    /// With [#ROW], but for each pixel of the row above, from right to left.
    BACK,
    PIXEL
  }

  /// Whether a phase takes place at a pixel.
  public static boolean isDue(When when, int pixel, int width) {
    return switch (when) {
      case DRAW, PIXEL -> true;
      case ROW, BACK -> pixel > 0 && pixel % width == 0;
    };
  }

  /// The last layer.
  public Logit logit() {
    return (Logit) phases.getFirst().steps().getFirst();
  }

  /// Pixels in a row of an image.
  public int width() {
    return shape.width();
  }

  /// Multiply-adds of an image, over what exists: a sum over all pixels and their steps.
  public long multiplyAdds() {
    int width = width();
    long all = 0;
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      for (Phase phase : phases) {
        if (isDue(phase.when(), pixel, width)) {
          boolean back = phase.when() == When.BACK;
          for (int q = back ? pixel - width : pixel; q < (back ? pixel : pixel + 1); q++) {
            for (Step step : phase.steps()) {
              all += multiplyAdds(step, q);
            }
          }
        }
      }
    }
    return all;
  }

  private static boolean isInside(int q, int back, int right, int width) {
    int column = q % width + right;
    return back <= q && 0 <= column && column < width;
  }

  private long multiplyAdds(Step step, int pixel) {
    return switch (step) {
      case Product product -> multiplyAdds(product.span(), product.terms(), pixel);
      case Logit logit ->
          multiplyAdds(Span.PIXEL, logit.terms(), pixel) + multiplyAdds(logit.first(), pixel);
      case First first -> multiplyAdds(first.span(), first.terms(), pixel);
      case Squash _, Cell _ -> 0;
      case Attend attend -> {
        long keys = 2L * (pixel + 1) * attend.y().channels();
        yield attend.qkv().w().size() + keys + attend.projection().size();
      }
      case Perceptron perceptron -> perceptron.up().w().size() + perceptron.down().size();
    };
  }

  private long multiplyAdds(Span span, List<Term> terms, int pixel) {
    int width = width();
    int from = span == Span.ROW_ABOVE ? pixel - width : pixel;
    long all = 0;
    for (int q = from; q < from + (span == Span.PIXEL ? 1 : width); q++) {
      for (Term term : terms) {
        all += term.exists(q, width) ? term.w().size() : 0;
      }
    }
    return all;
  }

  /// Steps that may run at the same time.
  public record Phase(When when, List<Step> steps) {}

  /// Which pixels a step computes.
  public enum Span {
    PIXEL,
    /// All of the row that begins.
    ROW,
    /// All of the row above it.
    ROW_ABOVE
  }

  /// What becomes of a sum.
  public enum Finish {
    PLAIN,
    RELU,
    GELU,
    /// [dev.hindsight.backend.Gate]: half as many channels.
    GATE
  }

  /// What is computed of a pixel.
  public sealed interface Step permits Product, Logit, First, Squash, Cell, Attend, Perceptron {}

  /// [dev.hindsight.backend.LayerNorm] over all channels.
  public record Norm(Tensor gain, Tensor bias) {}

  /// Weights times what a ring holds of another pixel: nothing where that lies outside of the
  /// image.
  ///
  /// @param w (O,I)
  /// @param x ring of I channels
  /// @param back pixels back in raster order
  /// @param right columns to the right; a pixel in another row than meant is outside
  /// @param sequence whether rows have no ends
  /// @param input what is done to the input before; of the first term of a step only, but for a
  ///   ReLU alone
  public record Term(Tensor w, Tensor x, int back, int right, boolean sequence, Input input) {
    /// The pixel itself.
    public static Term now(Tensor w, Tensor x) {
      return new Term(w, x, 0, 0, true, Input.AS_IT_IS);
    }

    /// So many pixels before.
    public static Term past(Tensor w, Tensor x, int back) {
      return new Term(w, x, back, 0, true, Input.AS_IT_IS);
    }

    /// Whether pixel q has it.
    public boolean exists(int q, int width) {
      return sequence ? back <= q : isInside(q, back, right, width);
    }

    /// Of `x` after this.
    public Term of(Tensor x, Input input) {
      return new Term(w, x, back, right, sequence, input);
    }
  }

  /// y = plus + ReLU(norm(x + rest)), each where it is wanted.
  ///
  /// @param rest of an input that an earlier phase left in parts: of the only term of a step
  /// @param plus (N,I)
  /// @param keep ring of I channels that y goes to, for later pixels
  public record Input(
      @Nullable Parts rest,
      @Nullable Norm norm,
      boolean relu,
      @Nullable Tensor plus,
      @Nullable Tensor keep) {
    public static final Input AS_IT_IS = new Input(null, null, false, null, null);
    public static final Input RELU = new Input(null, null, true, null, null);

    public static Input of(Norm norm) {
      return new Input(null, norm, false, null, null);
    }
  }

  /// What a layer adds to a residual stream, of which each tile of a phase had a part: b + Σ parts,
  /// in their order. Samplers put all of it into the first part.
  ///
  /// @param b (I), the layer's
  /// @param parts (P,N,I)
  /// @param sum (1,N,I) that x + b + Σ parts goes to, before a norm
  public record Parts(Tensor b, Tensor parts, @Nullable Tensor sum) {}

  /// y = finish(b + Σ terms + add)
  ///
  /// @param b (O), or of each image (N,O)
  /// @param add ring of O channels
  /// @param y ring of O channels, or of half as many behind a gate
  public record Product(
      Span span,
      List<Term> terms,
      @Nullable Tensor b,
      @Nullable Tensor add,
      Finish finish,
      Tensor y)
      implements Step {}

  /// What the last layer makes of the pixel before, b + Σ terms, from which that is drawn
  /// ([OutputHead]); and the first layer computed of the pixel at hand.
  ///
  /// @param b (P), 1 for a logit; or of each image (N,P)
  public record Logit(List<Term> terms, Tensor b, First first) implements Step {}

  /// How a first layer reads the image.
  public enum Reads {
    /// By the taps of a convolution, w (O,C).
    TAPS,
    /// Values, row and column of pixels before, w (O,C+2), as [dev.hindsight.backend.PreviousPixel]
    /// has them.
    PLACES
  }

  /// What [dev.hindsight.backend.EmbedPrevious] makes of a pixel.
  ///
  /// @param position (T,O)
  /// @param table (C·V,O)
  /// @param start (N,O) that is added at the first pixel, to which no other one tells anything;
  ///   null for nothing
  public record Embedding(Tensor position, Tensor table, @Nullable Tensor start) {
    /// Where nothing is.
    public Embedding(Tensor position, Tensor table) {
      this(position, table, null);
    }
  }

  /// A layer over the image itself: y = finish(Σ terms + b + embedding), of which there may be some
  /// only.
  ///
  /// @param terms whose `x` is not used
  /// @param b (O), or of each image (N,O)
  /// @param y ring of O channels
  public record First(
      Reads reads,
      Span span,
      List<Term> terms,
      @Nullable Tensor b,
      @Nullable Embedding embedding,
      Finish finish,
      Tensor y)
      implements Step {}

  /// y = ReLU(norm(gate(x))) of a row.
  ///
  /// @param x ring of 2C channels
  /// @param y ring of C channels
  public record Squash(Span span, Tensor x, Norm norm, Tensor y) implements Step {}

  /// [dev.hindsight.backend.LstmCell] of a pixel, whose step before is another one's.
  ///
  /// @param gates ring of 4H channels, what the input and states before add up to; used up
  /// @param c ring of H channels; written, and read of the step before, which counts as zeros where
  ///   it lies outside of the image
  /// @param back the pixels back to it in raster order
  /// @param right and the columns to the right
  /// @param h ring of H channels that the state goes to
  public record Cell(Tensor gates, Tensor c, int back, int right, Tensor h) implements Step {
    /// Whether pixel q has a step before.
    public boolean continues(int q, int width) {
      return isInside(q, back, right, width);
    }
  }

  /// Attention of the pixel's query over all keys so far, all of them of qkv = b + w·input, and
  /// what each head adds to the projection behind it.
  ///
  /// @param qkv of weights (3C,C), whose input is normed
  /// @param b (3C)
  /// @param keys (N,T,C), as are values; written and read
  /// @param projection weights (C,C)
  /// @param y (heads,N,C) for the parts of the projection
  public record Attend(Term qkv, Tensor b, Tensor keys, Tensor values, Tensor projection, Tensor y)
      implements Step {
    public int heads() {
      return y.dim(0);
    }
  }

  /// A perceptron of one hidden layer, down·GELU(b + up·input), by slices of the hidden units, each
  /// of which adds a part.
  ///
  /// @param up of weights (M,C), whose input is normed
  /// @param b (M)
  /// @param down weights (C,M)
  /// @param y (P,N,C) for the parts, of [Sampling#slices]
  public record Perceptron(Term up, Tensor b, Tensor down, Tensor y) implements Step {}
}
