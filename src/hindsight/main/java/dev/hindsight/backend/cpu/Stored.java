package dev.hindsight.backend.cpu;

/// How activations, and the weights that multiply them, lie in memory.
///
/// Loops compute on floats, and products sum up in floats. Where activations are fp32, those are
/// the numbers in memory. Where they are bf16, a block of them is copied to floats in a thread's
/// own memory, its `room`, is worked on there while it is in the cache, and is rounded once when it
/// is stored. So every loop has one source, and all that the two types differ in is here. Dense
/// blocks are as many rows of `columns` numbers without gaps.
sealed interface Stored permits StoredFp32, StoredBf16 {
  /// Products of such numbers, with sums in floats.
  Gemm gemm();

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

  // ---- numbers as they are

  default void copy(long from, long to, long count) {
    Raw.copyBytes(from, to, count * bytes());
  }

  default void copyRows(int rows, int columns, long from, int pitch, long to, int onto) {
    for (int row = 0; row < rows; row++) {
      copy(at(from, row, pitch, 0), at(to, row, onto, 0), columns);
    }
  }

  default void zero(long address, long count) {
    Raw.zero(address, count * bytes());
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

  /// From one row of a block's floats to the next, of which the numbers are `pitch` apart.
  default int pitch(int pitch, int columns) {
    return inPlace() ? pitch : columns;
  }

  /// Copies numbers to the room where it is needed.
  ///
  /// @return where their floats are
  long fetch(long at, long room, long count);

  /// Stores floats, which are where [#floats] said, at an address.
  void store(long floats, long at, long count);

  /// [#fetch] of a block, to where [#floats] said.
  default void fetch(int rows, int columns, long at, int pitch, long floats) {
    if (!inPlace()) {
      widen(rows, columns, at, pitch, floats);
    }
  }

  /// [#store] of a block.
  default void store(int rows, int columns, long floats, long at, int pitch) {
    if (!inPlace()) {
      round(rows, columns, floats, at, pitch);
    }
  }

  /// sum += numbers
  void addTo(long sum, long from, long count);

  /// floats = numbers, in whatever type they are
  void widen(long from, long floats, long count);

  /// numbers = floats, or += them
  ///
  /// @param room for `count` floats, other than these
  void round(boolean add, long floats, long to, long count, long room);

  /// numbers = floats
  void round(long floats, long to, long count);

  /// A dense block of floats = rows of numbers
  default void widen(int rows, int columns, long from, int pitch, long floats) {
    if (pitch == columns) {
      widen(from, floats, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      widen(at(from, row, pitch, 0), Raw.at(floats, row, columns, 0), columns);
    }
  }

  /// Rows of numbers = a dense block of floats
  default void round(int rows, int columns, long floats, long to, int pitch) {
    if (pitch == columns) {
      round(floats, to, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      round(Raw.at(floats, row, columns, 0), at(to, row, pitch, 0), columns);
    }
  }
}
