package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

/// Single elements that [LstmLoops] leaves over.
final class LstmRests {
  private LstmRests() {}

  static void state(long i, long f, long g, long c, long next, long count) {
    for (long k = 0; k < count; k++) {
      put(next, k, get(f, k) * get(c, k) + get(i, k) * get(g, k));
    }
  }

  static void outputSlopes(long tanh, long dh, long o, long dc, long count) {
    for (long k = 0; k < count; k++) {
      float squashed = get(tanh, k);
      float gate = get(o, k);
      float through = get(dh, k) * gate;
      put(dc, k, get(dc, k) + through * (1 - squashed * squashed));
      put(o, k, through * squashed * (1 - gate));
    }
  }

  static void stateSlopes(long i, long f, long g, long before, long dc, long count) {
    for (long k = 0; k < count; k++) {
      float in = get(i, k);
      float keep = get(f, k);
      float candidate = get(g, k);
      float slope = get(dc, k);
      put(i, k, slope * candidate * in * (1 - in));
      put(f, k, slope * get(before, k) * keep * (1 - keep));
      put(g, k, slope * in * (1 - candidate * candidate));
      put(dc, k, slope * keep);
    }
  }
}
