package dev.hindsight.backend.cpu.product;

/// A matrix in memory that somebody else owns: rows of numbers side by side, which begin `pitch`
/// numbers apart, or the transpose of such.
///
/// Products are written by what they sum into, which is floats: `dw.add(dy.transpose(), x)`. Where
/// numbers are not floats, a block of them has its floats in a thread's own memory, see [Stored].
///
/// @param address of the first number
/// @param transposed whether what lies in memory is (columns, rows)
public record Matrix(
    Stored stored, long address, int rows, int columns, int pitch, boolean transposed) {
  /// One that is no transpose.
  public Matrix(Stored stored, long address, int rows, int columns, int pitch) {
    this(stored, address, rows, columns, pitch, false);
  }

  /// One without gaps.
  public static Matrix dense(Stored stored, long address, int rows, int columns) {
    return new Matrix(stored, address, rows, columns, columns);
  }

  public long at(int row, int column) {
    return transposed
        ? stored.at(address, column, pitch, row)
        : stored.at(address, row, pitch, column);
  }

  public long row(int row) {
    return at(row, 0);
  }

  /// Its transpose, in the same memory.
  public Matrix transpose() {
    return new Matrix(stored, address, columns, rows, pitch, !transposed);
  }

  /// A copy of its transpose, without gaps.
  public Matrix transposeTo(long to) {
    stored.transpose(address, rows, columns, pitch, to);
    return dense(stored, to, columns, rows);
  }

  private boolean isDense() {
    return pitch == columns;
  }

  // ---- parts

  public Matrix block(int row, int count, int column, int width) {
    return new Matrix(stored, at(row, column), count, width, pitch, transposed);
  }

  public Matrix rows(int first, int count) {
    return block(first, count, 0, columns);
  }

  public Matrix columns(int first, int count) {
    return block(0, rows, first, count);
  }

  // ---- products, for floats

  /// This = a·b
  public void set(Matrix a, Matrix b) {
    product(false, a, b);
  }

  /// This += a·b
  public void add(Matrix a, Matrix b) {
    product(true, a, b);
  }

  /// This = a·b, or += that when `add`.
  public void product(boolean add, Matrix a, Matrix b) {
    a.stored.gemm().multiply(add, a, b, this);
  }

  // ---- numbers

  public void clear() {
    if (isDense()) {
      stored.zero(address, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      stored.zero(row(row), columns);
    }
  }

  public boolean allFinite() {
    return allFinite(0, rows);
  }

  /// The same of some rows.
  public boolean allFinite(int first, int count) {
    if (isDense()) {
      return stored.allFinite(row(first), (long) count * columns);
    }
    return stored.allFinite(row(first), count, columns, pitch);
  }

  /// Copies it to `to`, without gaps, with zeros for what is not finite.
  public Matrix finitePart(long to) {
    Matrix part = dense(stored, to, rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        float value = stored.get(at(row, column));
        stored.put(part.at(row, column), Float.isFinite(value) ? value : 0);
      }
    }
    return part;
  }

  /// sum += its rows
  public void addRowsTo(long sum) {
    addRowsTo(sum, 0, rows);
  }

  /// sum += some of its rows
  public void addRowsTo(long sum, int first, int count) {
    for (int row = first; row < first + count; row++) {
      stored.addTo(sum, row(row), columns);
    }
  }

  // ---- numbers and their floats

  /// Its floats: the same numbers, or what has room for them, without gaps.
  public Matrix floats(long room) {
    return stored.inPlace() ? this : dense(stored.fp32(), room, rows, columns);
  }

  /// Copies it to its floats, where these are elsewhere.
  public void fetch(Matrix floats) {
    if (!stored.inPlace()) {
      widen(floats);
    }
  }

  /// Stores its floats, where these are elsewhere.
  public void store(Matrix floats) {
    if (!stored.inPlace()) {
      round(floats);
    }
  }

  /// Stores the floats of a block of it.
  ///
  /// @param row the block's first; column likewise
  public void store(int row, int column, Matrix floats) {
    if (!stored.inPlace()) {
      block(row, floats.rows, column, floats.columns).round(floats);
    }
  }

  /// Copies it to floats.
  public void widen(Matrix floats) {
    if (isDense() && floats.isDense()) {
      stored.widen(address, floats.address, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      stored.widen(row(row), floats.row(row), columns);
    }
  }

  /// Becomes these floats, rounded.
  public void round(Matrix floats) {
    if (isDense() && floats.isDense()) {
      stored.round(floats.address, address, (long) rows * columns);
      return;
    }
    for (int row = 0; row < rows; row++) {
      stored.round(floats.row(row), row(row), columns);
    }
  }
}
