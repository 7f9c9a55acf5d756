package dev.hindsight.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Colours in boxes (Heckbert 1982): the one that has most pixels and differs most is cut in two
/// where half of its pixels are on either side, until there are enough boxes.
final class MedianCut {
  private static final int COLOUR_BITS = 24;
  private static final int COLOUR = (1 << COLOUR_BITS) - 1;
  private static final int ENTRY_BITS = COLOUR_BITS + 31;
  private static final long ENTRY = (1L << ENTRY_BITS) - 1;

  private final long[] entries; // how often a colour occurs, and below it the colour

  /// Some of the entries.
  ///
  /// @param shift of the channel in which its colours differ most
  /// @param extent how far they do
  record Box(int from, int to, long pixels, int shift, int extent) {
    long worth() {
      return pixels * extent;
    }
  }

  /// @param counts how often each colour occurs, by 0xrrggbb
  MedianCut(int[] counts) {
    entries = new long[(int) Arrays.stream(counts).filter(count -> count > 0).count()];
    int next = 0;
    for (int colour = 0; colour < counts.length; colour++) {
      if (counts[colour] > 0) {
        entries[next++] = (long) counts[colour] << COLOUR_BITS | colour;
      }
    }
  }

  /// At most so many boxes: one a colour where that is enough.
  List<Box> boxes(int most) {
    List<Box> boxes = new ArrayList<>();
    if (entries.length > 0) {
      boxes.add(box(0, entries.length));
    }
    while (boxes.size() < most) {
      Box widest = boxes.stream().max(Comparator.comparingLong(Box::worth)).orElse(null);
      if (widest == null || widest.extent == 0) {
        break;
      }
      boxes.remove(widest);
      int middle = middle(widest);
      boxes.add(box(widest.from, middle));
      boxes.add(box(middle, widest.to));
    }
    return boxes;
  }

  private Box box(int from, int to) {
    long pixels = 0;
    for (int k = from; k < to; k++) {
      pixels += entries[k] >>> COLOUR_BITS;
    }
    int shift = 0;
    int extent = -1;
    for (int channel = 16; channel >= 0; channel -= 8) {
      int least = 255;
      int greatest = 0;
      for (int k = from; k < to; k++) {
        int value = (int) (entries[k] >> channel) & 0xff;
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
      if (greatest - least > extent) {
        extent = greatest - least;
        shift = channel;
      }
    }
    return new Box(from, to, pixels, shift, extent);
  }

  /// Sorts a box and finds where its second half begins.
  private int middle(Box box) {
    for (int k = box.from; k < box.to; k++) {
      entries[k] |= (entries[k] >> box.shift & 0xff) << ENTRY_BITS;
    }
    Arrays.sort(entries, box.from, box.to);
    for (int k = box.from; k < box.to; k++) {
      entries[k] &= ENTRY;
    }
    long before = 0;
    int middle = box.from;
    while (middle < box.to - 1 && (middle == box.from || 2 * before < box.pixels)) {
      before += entries[middle] >>> COLOUR_BITS;
      middle++;
    }
    return middle;
  }

  /// Of the pixels of a box, 0xrrggbb.
  int mean(Box box) {
    int mean = 0;
    for (int channel = 16; channel >= 0; channel -= 8) {
      long sum = 0;
      for (int k = box.from; k < box.to; k++) {
        sum += (entries[k] >> channel & 0xff) * (entries[k] >>> COLOUR_BITS);
      }
      mean |= (int) ((sum + box.pixels / 2) / box.pixels) << channel;
    }
    return mean;
  }

  /// Writes a number in the place of each colour of a box.
  void number(Box box, int number, int[] table) {
    for (int k = box.from; k < box.to; k++) {
      table[(int) entries[k] & COLOUR] = number;
    }
  }
}
