package dev.hindsight.backend.cuda.draw;

import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A [PixelLoop] as `pixel_sample.cuh` has it in memory, with the tiles of each step. A paragraph
/// of Step or Term there is a method here that puts its words.
public final class PixelPlan {
  private static final int PHASE = 4; // ints
  private static final int STEP = 32;
  private static final int TERM = 26;

  /// Multiply-adds of a row from which one block more is worth its part in every barrier.
  private static final int ROW_WORK = 1 << 16;

  private static final int MOST_TERMS = 48; // the taps of a 9 x 9 kernel

  private static final int ALIGNED = 4; // floats, so that 16 bytes can be read at once

  // What `pixel_sample.cuh` calls PRODUCT, LOGIT, IMAGE_TAPS, ...
  private static final int PRODUCT = 0;
  private static final int LOGIT = 1;
  private static final int TAPS = 2;
  private static final int PLACES = 3;
  private static final int SQUASH = 4;
  private static final int ATTEND = 5;
  private static final int PERCEPTRON = 6;

  private final int images;
  private final int blocks;
  private final int side;
  private final PlanWords phases = new PlanWords();
  private final PlanWords steps = new PlanWords();
  private final PlanWords terms = new PlanWords();
  private final PlanWords head;
  private int useful; // blocks
  private boolean ofImages; // a bias
  private final boolean attends;
  private final boolean ofValues;

  /// Of a loop over so many images.
  ///
  /// @param ofHead what is behind it
  /// @param blocks that run at once
  public PixelPlan(PixelLoop loop, OutputHead ofHead, int images, int blocks) {
    this.images = images;
    this.blocks = blocks;
    this.side = loop.width();
    this.attends = LoopKind.attends(loop);
    this.ofValues = !ofHead.isLogit() || (attends && LoopKind.hasProducts(loop));
    for (Phase phase : ofValues ? LoopKind.apart(loop, ofHead.last()) : loop.phases()) {
      int first = steps.size() / STEP;
      List<PixelTiling.Work> works =
          phase.steps().stream()
              .filter(Product.class::isInstance)
              .map(step -> work((Product) step))
              .toList();
      Iterator<PixelTiling> tilings = PixelTiling.of(works, blocks).iterator();
      int tiles = 0;
      for (Step step : phase.steps()) {
        tiles += add(step, tilings);
      }
      double all = works.stream().mapToDouble(PixelTiling.Work::multiplyAdds).sum();
      boolean rows = phase.when() == When.ROW;
      useful = Math.max(useful, rows ? (int) Math.min(tiles, all / ROW_WORK + 1) : tiles);
      phases.putInt(number(phase.when())).putInt(first).putInt(phase.steps().size()).putInt(tiles);
    }
    head = HeadPlan.words(ofHead, loop.shape());
  }

  /// Whether it is for the kernel that has attention, perceptrons, and sums that are left in parts.
  public boolean attends() {
    return attends;
  }

  /// Whether it is for the kernels of any values, whose last layer is a phase of its own: of these,
  /// the one that attends has products too.
  public boolean ofValues() {
    return ofValues;
  }

  /// Whether any bias is of each image.
  public boolean ofImages() {
    return ofImages;
  }

  /// How many blocks have work in some phase that is worth a block.
  public int useful() {
    return useful;
  }

  public int phaseCount() {
    return phases.size() / PHASE;
  }

  /// Where the steps begin, in bytes.
  public long stepsAt() {
    return (long) phases.size() * Integer.BYTES;
  }

  public long termsAt() {
    return stepsAt() + (long) steps.size() * Integer.BYTES;
  }

  public long headAt() {
    return termsAt() + (long) terms.size() * Integer.BYTES;
  }

  /// Phases, steps, terms, head.
  public int[] words() {
    return Stream.of(phases, steps, terms, head).flatMapToInt(PlanWords::stream).toArray();
  }

  private PixelTiling.Work work(Product product) {
    Term first = product.terms().getFirst();
    boolean changed = !first.input().equals(Input.AS_IT_IS) && !first.input().equals(Input.RELU);
    return new PixelTiling.Work(
        positions(product.span()),
        images,
        first.w().dim(0),
        inputs(product.terms()),
        changed ? first.w().channels() : 0);
  }

  private static long inputs(List<Term> terms) {
    return terms.stream().mapToLong(term -> term.w().channels()).sum();
  }

  private int positions(Span span) {
    return span == Span.PIXEL ? 1 : side;
  }

  private int shift(Span span) {
    return span == Span.ROW_ABOVE ? -side : 0;
  }

  /// Puts a step and what belongs to it; returns its tiles.
  ///
  /// @param tilings of the products from here on
  private int add(Step step, Iterator<PixelTiling> tilings) {
    return switch (step) {
      case Product product -> {
        int outputs = product.terms().getFirst().w().dim(0);
        PixelTiling tiling = tilings.next();
        int tiles = tiling.tiles(positions(product.span()));
        pointers(product.b(), product.add(), product.y());
        kinds(PRODUCT, product.finish(), outputs, product.terms());
        rings(product.add(), product.y(), product.span());
        tiles(tiling, tiles, product.b());
        product.terms().forEach(this::add);
        yield tiles;
      }
      case Logit logit -> {
        pointers(logit.b(), null, logit.b());
        kinds(LOGIT, Finish.PLAIN, 1, logit.terms());
        rings(1, 1, 1, -1); // no ring; the pixel before
        int warps = PixelTiling.warpsFor(inputs(logit.terms()));
        tiles(new PixelTiling(1, warps, 1, images), images, logit.b());
        logit.terms().forEach(this::add);
        add(logit.first(), tilings); // right behind it
        yield images;
      }
      case First first -> {
        int tiles = images * positions(first.span());
        @Nullable Embedding embedding = first.embedding();
        @Nullable Tensor table = embedding == null ? null : embedding.table();
        @Nullable Tensor start = embedding == null ? null : embedding.start();
        @Nullable Tensor place = embedding == null ? null : embedding.position();
        pointers(first.b(), table, first.y(), null, null, start, place);
        ofImages |= start != null;
        kinds(kind(first), first.finish(), first.y().channels(), first.terms());
        rings(table, first.y(), first.span());
        tiles(new PixelTiling(1, 1, 1, images), tiles, first.b());
        first.terms().forEach(this::add);
        yield tiles;
      }
      case Squash squash -> {
        int items = images * positions(squash.span());
        int tiles = Math.ceilDiv(items, PixelTiling.WARPS);
        Tensor x = squash.x();
        pointers(null, null, squash.y());
        var input = new Input(null, squash.norm(), true, null, null);
        List<Term> read = List.of(Term.now(x, x).of(x, input)); // without weights
        kinds(SQUASH, Finish.PLAIN, squash.y().channels(), read);
        rings(null, squash.y(), squash.span());
        tiles(new PixelTiling(1, 1, 1, images), tiles, null);
        read.forEach(this::add);
        yield tiles;
      }
      case Cell _ -> throw new IllegalArgumentException("no kernel has a step like " + step);
      case Attend attend -> {
        int head = attend.y().channels() / attend.heads();
        var tiling = new PixelTiling(1, 1, attend.heads(), images);
        Tensor keys = attend.keys();
        pointers(attend.b(), null, attend.y(), keys, attend.values(), attend.projection(), null);
        kinds(ATTEND, Finish.PLAIN, attend.qkv().w().dim(0), List.of(attend.qkv()));
        rings(1, keys.dim(1), 1, 0);
        boolean wide = head % ALIGNED == 0 && aligned(attend.projection());
        tiles(tiling, tiling.tiles(1), head, wide, 0);
        add(attend.qkv());
        yield tiling.tiles(1);
      }
      case Perceptron perceptron -> {
        Term up = perceptron.up();
        int hidden = up.w().dim(0);
        var work = new PerceptronTiling.Work(images, up.w().channels(), hidden);
        var chosen = PerceptronTiling.ofSlices(work, perceptron.y().dim(0), blocks);
        PixelTiling tiling = chosen.tiling();
        pointers(perceptron.b(), null, perceptron.y(), null, null, perceptron.down(), null);
        kinds(PERCEPTRON, Finish.GELU, hidden, List.of(up));
        rings(1, 1, 1, 0);
        tiles(tiling, tiling.tiles(1), chosen.units(), aligned(perceptron.down()), 0);
        add(up);
        yield tiling.tiles(1);
      }
    };
  }

  private static int kind(First first) {
    return switch (first.reads()) {
      case TAPS -> TAPS;
      case PLACES -> PLACES;
    };
  }

  private static int number(When when) {
    return switch (when) {
      case DRAW -> 0;
      case ROW -> 1;
      case PIXEL -> 2;
      case BACK -> throw new IllegalArgumentException("no kernel goes back through a row");
    };
  }

  private static int number(Finish finish) {
    return switch (finish) {
      case PLAIN -> 0;
      case RELU -> 1;
      case GELU -> 2;
      case GATE -> 3;
    };
  }

  private void pointers(@Nullable Tensor bias, @Nullable Tensor add, Tensor y) {
    pointers(bias, add, y, null, null, null, null);
  }

  private void pointers(
      @Nullable Tensor bias,
      @Nullable Tensor add,
      Tensor y,
      @Nullable Tensor keys,
      @Nullable Tensor values,
      @Nullable Tensor next,
      @Nullable Tensor position) {
    steps.put(bias).put(add).put(y).put(keys).put(values).put(next).put(position);
  }

  private void kinds(int kind, Finish finish, int outputs, List<Term> own) {
    long widths = own.stream().mapToInt(term -> term.w().channels()).distinct().count();
    if (own.size() > (LoopKind.isLeft(own) ? 1 : MOST_TERMS) || widths > 1) {
      throw new IllegalArgumentException(
          "a step has up to %d terms of the same width, or one that was left in parts, not %s"
              .formatted(MOST_TERMS, own));
    }
    steps.putInt(kind).putInt(number(finish)).putInt(outputs).putInt(wide(own) ? 1 : 0);
    steps.putInt(terms.size() / TERM).putInt(own.size());
  }

  private void rings(@Nullable Tensor add, Tensor y, Span span) {
    rings(add == null ? 1 : add.dim(0), y.dim(0), positions(span), shift(span));
  }

  private void rings(int addSlots, int slots, int positions, int shift) {
    steps.putInt(addSlots).putInt(slots).putInt(positions).putInt(shift);
  }

  private void tiles(PixelTiling tiling, int tiles, @Nullable Tensor b) {
    int pitch = b != null && b.rows() > 1 ? b.channels() : 0;
    ofImages |= pitch > 0;
    tiles(tiling, tiles, 0, false, pitch);
  }

  /// Of a step with a part of the layer behind it.
  ///
  /// @param units that a tile multiplies by the weights of that layer
  /// @param wide whether rows of a tile and of those weights begin at multiples of 16 bytes
  private void tiles(PixelTiling tiling, int tiles, int units, boolean wide, int biasPitch) {
    steps.putInt(tiling.images()).putInt(tiling.warps());
    steps.putInt(tiling.across()).putInt(tiling.groups()).putInt(tiles);
    steps.putInt(units).putInt(wide ? 1 : 0).putInt(biasPitch);
  }

  /// Whether all rows of weights and inputs begin at multiples of 16 bytes.
  private static boolean wide(List<Term> terms) {
    return terms.stream()
        .allMatch(term -> aligned(term.w()) && aligned(term.x()) && aligned(term.input().rest()));
  }

  private static boolean aligned(@Nullable Parts rest) {
    if (rest == null) {
      return true;
    }
    boolean sum = rest.sum() == null || aligned(rest.sum());
    return sum && aligned(rest.b()) && aligned(rest.parts());
  }

  static boolean aligned(Tensor rows) {
    return rows.channels() % ALIGNED == 0 && rows.address() % (ALIGNED * Float.BYTES) == 0;
  }

  private void add(Term term) {
    factors(term, term.input());
    reads(term, term.input());
    rest(term.input().rest());
  }

  private void factors(Term term, Input input) {
    terms.put(term.w()).put(term.x());
    var norm = input.norm();
    terms.put(norm == null ? null : norm.gain()).put(norm == null ? null : norm.bias());
    terms.put(input.plus()).put(input.keep());
  }

  private void reads(Term term, Input input) {
    terms.putInt(term.w().channels()).putInt(term.x().dim(0));
    terms.putInt(term.back()).putInt(term.right());
    terms.putInt(input.keep() == null ? 0 : input.keep().dim(0));
    terms.putInt(input.relu() ? 1 : 0).putInt(term.sequence() ? 1 : 0);
    terms.putInt(input.rest() == null ? 0 : input.rest().parts().dim(0));
  }

  private void rest(@Nullable Parts rest) {
    terms.put(rest == null ? null : rest.parts()).put(rest == null ? null : rest.b());
    terms.put(rest == null ? null : rest.sum());
  }
}
