package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Field;
import java.util.ArrayList;
import java.util.List;

/// The part of a tensor that a copy moves: rows of elements that lie side by side, in the order of
/// shared memory.
///
/// @param width elements of a row
record TensorBox(int width, List<Row> rows) {
  /// Elements `from` to `to` of a row lie in the tensor, the first of these at this address.
  record Row(long address, int from, int to) {}

  private static final int UNIT = 16;

  /// @param at coordinates of the first element, the innermost first
  /// @param offsets of columns: added to the place of a pixel, beginning with its W
  static TensorBox of(TensorMap map, int[] at, int[] offsets) {
    return map.columns() ? columns(map, at, offsets) : tile(map, at);
  }

  private static TensorBox tile(TensorMap map, int[] at) {
    int width = (int) map.get(Field.BOX_DIM, 0);
    int rank = map.rank();
    int[] counts = new int[rank];
    int all = 1;
    for (int d = 1; d < rank; d++) {
      long step = map.get(Field.ELEMENT_STRIDE, d);
      counts[d] = (int) ((map.get(Field.BOX_DIM, d) + step - 1) / step);
      all *= counts[d];
    }
    List<Row> rows = new ArrayList<>();
    long[] place = new long[rank];
    for (int r = 0; r < all; r++) {
      int rest = r;
      for (int d = 1; d < rank; d++) {
        place[d] = at[d] + rest % counts[d] * map.get(Field.ELEMENT_STRIDE, d);
        rest /= counts[d];
      }
      place[0] = at[0];
      rows.add(row(map, place, width));
    }
    return new TensorBox(width, rows);
  }

  /// Pixels follow each other within the box, W first, then from image to image.
  private static TensorBox columns(TensorMap map, int[] at, int[] offsets) {
    int rank = map.rank();
    int width = (int) map.get(Field.CHANNELS, 0);
    List<Row> rows = new ArrayList<>();
    long[] pixel = new long[rank];
    for (int d = 0; d < rank; d++) {
      pixel[d] = at[d];
    }
    for (long left = map.get(Field.PIXELS, 0); left > 0; left--) {
      long[] place = pixel.clone();
      for (int d = 1; d < rank - 1; d++) {
        place[d] += offsets[d - 1];
      }
      rows.add(row(map, place, width));
      for (int d = 1; d < rank; d++) {
        pixel[d] += d == rank - 1 ? 1 : map.get(Field.ELEMENT_STRIDE, d);
        if (d == rank - 1 || pixel[d] < map.extent(d) + map.corner(Field.UPPER_CORNER, d - 1)) {
          break;
        }
        pixel[d] = map.corner(Field.LOWER_CORNER, d - 1);
      }
    }
    return new TensorBox(width, rows);
  }

  private static Row row(TensorMap map, long[] place, int width) {
    long address = map.get(Field.GLOBAL_ADDRESS, 0);
    for (int d = 1; d < place.length; d++) {
      if (place[d] < 0 || place[d] >= map.extent(d)) {
        return new Row(0, 0, 0);
      }
      address += place[d] * map.stride(d);
    }
    long from = Math.clamp(-place[0], 0, width);
    long to = Math.clamp(map.extent(0) - place[0], from, width);
    long first = place[0] + from;
    return new Row(address + first * map.stride(0), (int) from, (int) to);
  }

  /// Bytes in shared memory.
  int bytes(TensorMap map) {
    return rows.size() * width * map.element().bytes;
  }

  /// Where each 16 bytes go that begin there.
  int[] units(TensorMap map, int start) {
    int[] units = new int[bytes(map) / UNIT];
    for (int i = 0; i < units.length; i++) {
      units[i] = map.swizzled(start + UNIT * i);
    }
    return units;
  }
}
