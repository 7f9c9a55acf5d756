package dev.hindsight.nn;

import dev.hindsight.backend.Degrees;
import java.util.ArrayList;
import java.util.List;

/// Elements `from .. to - 1` of a flat tensor that exist, see [Parameters#pieces].
public record Piece(int from, int to) {
  public int length() {
    return to - from;
  }

  /// The weights of a masked layer that exist, from element `offset` on: the start of each row.
  static List<Piece> of(Degrees degrees, int offset) {
    List<Piece> rows = new ArrayList<>();
    for (int o = 0; o < degrees.outputs(); o++) {
      int from = offset + o * degrees.inputs();
      rows.add(new Piece(from, from + degrees.live(o)));
    }
    return rows;
  }

  /// The same without empty pieces, and as few as possible.
  static List<Piece> joined(List<Piece> pieces) {
    List<Piece> joined = new ArrayList<>();
    for (Piece piece : pieces) {
      if (piece.length() == 0) {
        continue;
      }
      if (!joined.isEmpty() && joined.getLast().to() == piece.from()) {
        joined.set(joined.size() - 1, new Piece(joined.getLast().from(), piece.to()));
      } else {
        joined.add(piece);
      }
    }
    return List.copyOf(joined);
  }
}
