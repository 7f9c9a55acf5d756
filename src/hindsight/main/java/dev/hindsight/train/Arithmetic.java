package dev.hindsight.train;

import java.util.ArrayList;
import java.util.List;

/// What a run was computed with, which decides its last bits.
///
/// @param backend that trained it; another one gives other rounding
/// @param precision by label, likewise; the last one where it went on in another
/// @param shards into how many a batch is cut, see [dev.hindsight.exchange.Shards]
/// @param numerics what else decided its last bits, as [dev.hindsight.backend.Backend#numerics]
///   says it; one more for each time that it went on with others
public record Arithmetic(String backend, String precision, int shards, List<String> numerics) {
  public Arithmetic {
    numerics = List.copyOf(numerics);
  }

  /// The same, going on in another precision: a checkpoint is fp32 in all of them.
  public Arithmetic withPrecision(String now) {
    return new Arithmetic(backend, now, shards, numerics);
  }

  /// The same, going on with these numerics.
  public Arithmetic withNumerics(String now) {
    List<String> all = new ArrayList<>(numerics);
    all.add(now);
    return new Arithmetic(backend, precision, shards, all);
  }

  /// Whether the next epoch would have other bits than where the run was trained so far. Where
  /// either is unknown it has not.
  public boolean roundsOtherwise(String now) {
    return !numerics.isEmpty() && !now.isEmpty() && !numerics.getLast().equals(now);
  }
}
