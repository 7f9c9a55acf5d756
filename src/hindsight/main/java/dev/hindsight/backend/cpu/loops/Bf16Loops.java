package dev.hindsight.backend.cpu.loops;

/// Between floats and the upper halves of floats, on the calling thread, over `count` numbers at
/// raw addresses, which do not overlap.
public interface Bf16Loops {
  /// to = from, whose numbers are bf16
  void widen(long from, long to, long count);

  /// to = from in bf16: the nearest number, of two that are as near the even one, as
  /// [dev.hindsight.tensor.ElementType#toBf16] has it.
  void round(long from, long to, long count);

  /// sum += from, whose numbers are bf16
  void add(long from, long sum, long count);

  /// Whether no number of bf16 is infinite or NaN.
  boolean allFinite(long x, long count);
}
