package dev.hindsight.ops;

import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the ops of a pass multiply, and which values of the images their results follow from,
/// whatever the weights are. Each op of [Ops] says both here, of shapes alone; see
/// `AutoregressiveModel.structure`.
///
/// Of a tensor it holds the values that each of its places, equal parts in order, follows from: one
/// place where all of it does from the same ones, up to one for each element.
public final class Structure {
  private static final BitSet[] CONSTANT = {};

  private final Map<Tensor, BitSet[]> pixels = new HashMap<>();
  private long multiplyAdds;
  private boolean whole = true;
  private BitSet @Nullable [] seen;

  /// The images that a pass is over: values of each of so many equal parts count as one. Who wants
  /// the multiply-adds alone takes all for one: the values that each of a million follows from have
  /// no room anywhere.
  public void begin(Tensor images, int parts) {
    BitSet[] own = sets(parts);
    for (int p = 0; p < own.length; p++) {
      own[p].set(p);
    }
    pixels.put(images, own);
  }

  /// Adds to the number of multiply-adds of the pass.
  public void multiplies(long count) {
    multiplyAdds += count;
  }

  /// Multiply-adds over the weights that exist.
  public long multiplyAdds() {
    return multiplyAdds;
  }

  /// y follows from x by a product with so many weights for each place of x that a place of y
  /// reads.
  public void product(Tensor y, Tensor x, Reads reads, long weights) {
    multiplies(reads.inputPairs() * weights);
    reads(y, x, reads);
  }

  /// y follows from x, among others.
  public void reads(Tensor y, Tensor x, Reads reads) {
    BitSet[] below = of(x);
    if (below.length == 0) {
      pixels.putIfAbsent(y, CONSTANT);
      return;
    }
    BitSet[] sources = split(below, reads.sources());
    BitSet[] above = split(pixels.getOrDefault(y, CONSTANT), reads.places());
    for (int p = 0; p < above.length; p++) {
      join(above[p], sources, reads.inputs().apply(p));
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int p = 0; p < above.length; p++) {
        changed |= join(above[p], above, reads.states().apply(p));
      }
    }
    pixels.put(y, above);
  }

  /// By how many places x is known.
  int places(Tensor x) {
    return of(x).length;
  }

  /// y follows from each x element by element.
  public void elements(Tensor y, Tensor... each) {
    int places = Stream.of(each).mapToInt(this::places).max().orElse(1);
    for (Tensor x : each) {
      reads(y, x, Reads.same(places));
    }
  }

  /// y follows from each x row by row.
  public void rows(Tensor y, Tensor... each) {
    for (Tensor x : each) {
      reads(y, x, Reads.same(y.rows()));
    }
  }

  /// Ends with the outputs of those images, equal parts of which belong together.
  public void end(Tensor outputs, int parts) {
    BitSet[] found = of(outputs);
    seen = whole ? split(found, parts) : null;
    pixels.clear();
  }

  /// The values that each part of the outputs follows from; null where an op of the pass did not
  /// say what it reads.
  public BitSet @Nullable [] seen() {
    return seen;
  }

  /// An op has made y.
  void made(Tensor y) {
    whole &= pixels.containsKey(y);
  }

  /// Weights have memory and follow from nothing.
  private BitSet[] of(Tensor x) {
    BitSet[] known = pixels.get(x);
    whole &= known != null || x.scope().hasMemory();
    return known == null ? CONSTANT : known;
  }

  /// The same by more places or fewer.
  private static BitSet[] split(BitSet[] sets, int places) {
    BitSet[] by = sets(places);
    for (int p = 0; p < places; p++) {
      int from = Math.toIntExact((long) p * sets.length / places);
      int to = Math.toIntExact(((p + 1L) * sets.length + places - 1) / places);
      join(by[p], sets, IntStream.range(from, to).toArray());
    }
    return by;
  }

  private static BitSet[] sets(int count) {
    return Stream.generate(BitSet::new).limit(count).toArray(BitSet[]::new);
  }

  private static boolean join(BitSet into, BitSet[] sets, int[] places) {
    int before = into.cardinality();
    Arrays.stream(places).forEach(p -> into.or(sets[p]));
    return into.cardinality() > before;
  }
}
