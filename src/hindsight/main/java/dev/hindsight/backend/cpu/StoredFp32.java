package dev.hindsight.backend.cpu;

/// Numbers that are floats: nothing is copied.
record StoredFp32(Gemm gemm, Loops loops) implements Stored {
  @Override
  public int bytes() {
    return Float.BYTES;
  }

  @Override
  public boolean inPlace() {
    return true;
  }

  @Override
  public float get(long address) {
    return Raw.get(address);
  }

  @Override
  public void put(long address, float value) {
    Raw.put(address, value);
  }

  @Override
  public boolean allFinite(long x, long count) {
    return loops.allFinite(x, count);
  }

  @Override
  public void transpose(long from, int rows, int columns, int pitch, long to) {
    Raw.transpose(from, rows, columns, pitch, to);
  }

  @Override
  public long fetch(long at, long room, long count) {
    return at;
  }

  @Override
  public void store(long floats, long at, long count) {}

  @Override
  public void addTo(long sum, long from, long count) {
    loops.add(sum, from, sum, count);
  }

  @Override
  public void widen(long from, long floats, long count) {
    Raw.copy(from, floats, count);
  }

  @Override
  public void round(boolean add, long floats, long to, long count, long room) {
    if (add) {
      loops.add(to, floats, to, count);
    } else {
      Raw.copy(floats, to, count);
    }
  }

  @Override
  public void round(long floats, long to, long count) {
    Raw.copy(floats, to, count);
  }
}
