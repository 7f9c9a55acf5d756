package dev.hindsight.draw;

import java.util.Locale;
import java.util.function.IntUnaryOperator;

/// A matrix whose rows hold what exists at their left end, cut into tiles as kernels do: a tile
/// right of all its rows is skipped, one that the border runs through compares, all others run as
/// if the matrix were dense.
///
/// @param live how many columns of a row exist; it never falls from row to row
record Tiling(int rows, int columns, int tileRows, int tileColumns, IntUnaryOperator live) {
  enum Tile {
    WHOLE,
    CUT,
    SKIPPED;

    String look() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  Tile at(int row, int column) {
    int top = row / tileRows * tileRows;
    int left = column / tileColumns * tileColumns;
    int last = Math.min(top + tileRows, rows) - 1;
    if (left >= live.applyAsInt(last)) {
      return Tile.SKIPPED;
    }
    return live.applyAsInt(top) >= Math.min(left + tileColumns, columns) ? Tile.WHOLE : Tile.CUT;
  }

  /// Which part of all tiles.
  double share(Tile tile) {
    long all = 0;
    long such = 0;
    for (int row = 0; row < rows; row += tileRows) {
      for (int column = 0; column < columns; column += tileColumns) {
        long area = (long) Math.min(tileRows, rows - row) * Math.min(tileColumns, columns - column);
        all += area;
        such += at(row, column) == tile ? area : 0;
      }
    }
    return (double) such / all;
  }

  /// Which part of all elements exists.
  double exists() {
    long sum = 0;
    for (int row = 0; row < rows; row++) {
      sum += live.applyAsInt(row);
    }
    return (double) sum / rows / columns;
  }

  /// The tiles, and the border between what exists and what does not as a line.
  void draw(Svg svg, double x, double y, double across, double down, String of) {
    svg.cells(x, y, across, down, of, rows, columns, (row, column) -> at(row, column).look());
    svg.frames(x, y, columns * across, rows * down, tileColumns * across, tileRows * down);
    svg.path(border(x, y, across, down), "line");
  }

  private String border(double x, double y, double across, double down) {
    StringBuilder d = new StringBuilder();
    int before = 0;
    d.append("M").append(Svg.number(x)).append(' ').append(Svg.number(y));
    for (int row = 0; row < rows; row++) {
      int now = live.applyAsInt(row);
      if (now != before) {
        d.append("V").append(Svg.number(y + row * down));
        d.append("H").append(Svg.number(x + now * across));
        before = now;
      }
    }
    return d.append("V").append(Svg.number(y + rows * down)).toString();
  }
}
