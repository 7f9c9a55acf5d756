package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.ElementType;

/// One number at a time.
final class ScalarBf16 implements Bf16Loops {
  @Override
  public void widen(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      put(to, k, ElementType.ofBf16(Native.getShort(from + k * Short.BYTES)));
    }
  }

  @Override
  public void round(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      Native.putShort(to + k * Short.BYTES, ElementType.toBf16(get(from, k)));
    }
  }

  @Override
  public void add(long from, long sum, long count) {
    for (long k = 0; k < count; k++) {
      float value = ElementType.ofBf16(Native.getShort(from + k * Short.BYTES));
      put(sum, k, get(sum, k) + value);
    }
  }

  @Override
  public boolean allFinite(long x, long count) {
    for (long k = 0; k < count; k++) {
      if (!Float.isFinite(ElementType.ofBf16(Native.getShort(x + k * Short.BYTES)))) {
        return false;
      }
    }
    return true;
  }
}
