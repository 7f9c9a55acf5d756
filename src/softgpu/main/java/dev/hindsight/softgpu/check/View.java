package dev.hindsight.softgpu.check;

import java.util.HashMap;
import java.util.Map;

/// What a block knows of others: all that each did before so many of its fences.
final class View {
  final int block;
  private final Map<Integer, Integer> seen = new HashMap<>();

  /// What its next fence will have it see.
  private final Map<Integer, Integer> met = new HashMap<>();

  /// What it had seen and done at its last fence.
  private Map<Integer, Integer> fenced = Map.of();

  private int fences;
  private final Touches.Table table;
  private Touches own;

  /// No touches with a lower number are its own.
  final int first;

  View(int block, Touches.Table table) {
    this.block = block;
    this.table = table;
    first = table.next();
    own = table.add(null, block, 0);
  }

  int fences() {
    return fences;
  }

  /// Whether it knows anything of others.
  boolean sees() {
    return !seen.isEmpty();
  }

  int seen(int other) {
    return seen.getOrDefault(other, 0);
  }

  /// An access of this block, and of no other, as of now.
  Touches own() {
    return own;
  }

  void fence() {
    pass();
    merge(met, seen);
    met.clear();
    fenced = known();
  }

  /// What was done so far comes before what is done next.
  void pass() {
    fences++;
    own = table.add(null, block, fences);
  }

  /// What a release makes known.
  Map<Integer, Integer> known() {
    Map<Integer, Integer> known = new HashMap<>(seen);
    known.put(block, fences);
    return known;
  }

  /// What an access makes known that does not release: what a fence before it did.
  Map<Integer, Integer> fenced() {
    return fenced;
  }

  /// Takes over what was made known; true where it was new.
  boolean acquire(Map<Integer, Integer> known) {
    return merge(known, seen);
  }

  /// The same as of the next fence.
  void meet(Map<Integer, Integer> known) {
    merge(known, met);
  }

  static boolean merge(Map<Integer, Integer> from, Map<Integer, Integer> into) {
    boolean changed = false;
    for (Map.Entry<Integer, Integer> entry : from.entrySet()) {
      int before = into.getOrDefault(entry.getKey(), 0);
      if (entry.getValue() > before) {
        into.put(entry.getKey(), entry.getValue());
        changed = true;
      }
    }
    return changed;
  }
}
