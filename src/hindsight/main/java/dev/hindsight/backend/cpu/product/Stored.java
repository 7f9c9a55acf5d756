package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.machine.Native;

/// How activations, and the weights that multiply them, lie in memory.
///
/// Loops compute on floats, and products sum up in floats. Where activations are fp32, those are
/// the numbers in memory. Where they are bf16, a block of them is copied to floats in a thread's
/// own memory, its `room`, is worked on there while it is in the cache, and is rounded once when it
/// is stored. So every loop has one source, and all that the two types differ in is here and in the
/// blocks of a [Matrix].
public sealed interface Stored permits StoredFp32, StoredBf16 {
  /// Products of such numbers, with sums in floats.
  Gemm gemm();

  /// As floats lie.
  StoredFp32 fp32();

  /// Weights of a shape that are packed once and multiply often.
  default PackedWeights packed(int depth, int columns) {
    return new PlainWeights(this, depth, columns);
  }

  /// Of a number.
  int bytes();

  /// Whether loops work on the numbers where they are, and so need no room.
  boolean inPlace();

  /// The address of number `index`.
  default long at(long base, long index) {
    return base + index * bytes();
  }

  /// The address of a number of rows that are `pitch` numbers apart.
  default long at(long base, long row, int pitch, long column) {
    return base + (row * pitch + column) * bytes();
  }

  float get(long address);

  /// Rounds.
  void put(long address, float value);

  /// Whether no number is infinite or NaN.
  boolean allFinite(long x, long count);

  /// The same of rows that are `pitch` numbers apart.
  default boolean allFinite(long x, int rows, int columns, int pitch) {
    for (int row = 0; row < rows; row++) {
      if (!allFinite(at(x, row, pitch, 0), columns)) {
        return false;
      }
    }
    return true;
  }

  /// Whether a product of these sizes with a transpose as its first factor takes longer than with a
  /// copy of that, which is then made first.
  default boolean turns(int rows, int depth, int columns) {
    return false;
  }

  // ---- numbers as they are

  default void copy(long from, long to, long count) {
    Native.copyBytes(from, to, count * bytes());
  }

  default void zero(long address, long count) {
    Native.zero(address, count * bytes());
  }

  /// to (columns, rows), dense, = the transpose of rows that are `pitch` numbers apart
  void transpose(long from, int rows, int columns, int pitch, long to);

  /// How many floats take as much memory as `count` numbers.
  default long asFloats(long count) {
    return (count * bytes() + Float.BYTES - 1) / Float.BYTES;
  }

  // ---- numbers and their floats

  /// Floats of the room that `count` numbers need to be worked on.
  default long room(long count) {
    return inPlace() ? 0 : count;
  }

  /// Where the floats of what is at an address are, or are to be.
  default long floats(long at, long room) {
    return inPlace() ? at : room;
  }

  /// Copies numbers to the room where it is needed.
  ///
  /// @return where their floats are
  default long fetch(long at, long room, long count) {
    if (!inPlace()) {
      widen(at, room, count);
    }
    return floats(at, room);
  }

  /// Begins a sum onto numbers at an address: its floats, which are where [#floats] said, are
  /// theirs, or zeros where nothing was added yet.
  default void begin(boolean fresh, long at, long floats, long count) {
    if (fresh) {
      fp32().zero(floats, count);
    } else {
      fetch(at, floats, count);
    }
  }

  /// Stores floats, which are where [#floats] said, at an address.
  default void store(long floats, long at, long count) {
    if (!inPlace()) {
      round(floats, at, count);
    }
  }

  /// sum += numbers
  void addTo(long sum, long from, long count);

  /// floats = numbers, in whatever type they are
  void widen(long from, long floats, long count);

  /// numbers = floats
  void round(long floats, long to, long count);

  /// The same three of rows, whose pitch is in numbers or floats.
  void addRowsTo(long sum, int pitchSum, long from, int pitch, int rows, int count);

  void widenRows(long from, int pitch, long floats, int pitchTo, int rows, int count);

  void roundRows(long floats, int pitch, long to, int pitchTo, int rows, int count);

  /// numbers = floats, or += them
  ///
  /// @param room for `count` floats, other than these
  default void round(boolean add, long floats, long to, long count, long room) {
    if (!add) {
      round(floats, to, count);
      return;
    }
    long sum = fetch(to, room, count);
    fp32().addTo(sum, floats, count);
    store(sum, to, count);
  }
}
