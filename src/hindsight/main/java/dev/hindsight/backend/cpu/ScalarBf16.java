package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.ElementType;

/// One number at a time.
final class ScalarBf16 implements Bf16Loops {
  @Override
  public void widen(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(to, k), ElementType.ofBf16(Raw.getShort(from + k * Short.BYTES)));
    }
  }

  @Override
  public void round(long from, long to, long count) {
    for (long k = 0; k < count; k++) {
      Raw.putShort(to + k * Short.BYTES, ElementType.toBf16(Raw.get(Raw.at(from, k))));
    }
  }

  @Override
  public void add(long from, long sum, long count) {
    for (long k = 0; k < count; k++) {
      float value = ElementType.ofBf16(Raw.getShort(from + k * Short.BYTES));
      Raw.put(Raw.at(sum, k), Raw.get(Raw.at(sum, k)) + value);
    }
  }

  @Override
  public boolean allFinite(long x, long count) {
    for (long k = 0; k < count; k++) {
      if (!Float.isFinite(ElementType.ofBf16(Raw.getShort(x + k * Short.BYTES)))) {
        return false;
      }
    }
    return true;
  }
}
