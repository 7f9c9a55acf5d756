package dev.hindsight.backend.cpu.product;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;

/// Numbers that are floats: nothing is copied.
public record StoredFp32(Gemm gemm) implements Stored {
  @Override
  public StoredFp32 fp32() {
    return this;
  }

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
    return Native.get(address);
  }

  @Override
  public void put(long address, float value) {
    Native.put(address, value);
  }

  @Override
  public boolean allFinite(long x, long count) {
    return Loops.allFinite(x, count);
  }

  @Override
  public void transpose(long from, int rows, int columns, int pitch, long to) {
    Native.transpose(from, rows, columns, pitch, to, rows);
  }

  @Override
  public void addTo(long sum, long from, long count) {
    Loops.add(sum, from, sum, count);
  }

  @Override
  public void addRowsTo(long sum, int pitchSum, long from, int pitch, int rows, int count) {
    Loops.copyRows(true, from, pitch, sum, pitchSum, rows, count);
  }

  @Override
  public void widenRows(long from, int pitch, long floats, int pitchTo, int rows, int count) {
    Loops.copyRows(false, from, pitch, floats, pitchTo, rows, count);
  }

  @Override
  public void roundRows(long floats, int pitch, long to, int pitchTo, int rows, int count) {
    Loops.copyRows(false, floats, pitch, to, pitchTo, rows, count);
  }

  @Override
  public void widen(long from, long floats, long count) {
    Native.copy(from, floats, count);
  }

  @Override
  public void round(long floats, long to, long count) {
    Native.copy(floats, to, count);
  }
}
