package dev.hindsight.catalogue;

import java.util.stream.Stream;

/// What a family is checked with: [OpCases] finds `GateCases` for `Gate`.
interface Cases {
  /// See [OpCases#all], and so on.
  Stream<OpCase> all();

  default Stream<OpCase> seedSizes() {
    return Stream.empty();
  }

  default Stream<OpCase> manyRows() {
    return Stream.empty();
  }

  default Stream<OpCase> largeTiles() {
    return Stream.empty();
  }

  default Stream<OpCase> tallTiles() {
    return Stream.empty();
  }

  default Stream<OpCase> halvedTiles() {
    return Stream.empty();
  }

  default Stream<OpCase> chunks() {
    return Stream.empty();
  }
}
