package dev.hindsight.softgpu.ptx;

import java.util.List;

/// An operand of an instruction, names resolved.
public sealed interface Operand {
  /// A register; `negated` for `!%p`.
  record Reg(Register register, boolean negated) implements Operand {}

  /// `d|p`: a register and a predicate that an instruction both writes.
  record Pair(Operand first, Operand second) implements Operand {}

  /// An integer immediate.
  record Int(long value) implements Operand {}

  /// A float immediate: the bits of a float or a double.
  record Real(double value, boolean single, int bits32) implements Operand {}

  /// The address of a variable, plus a distance.
  record Symbol(Variable variable, long offset) implements Operand {}

  /// A name that no variable or register has: a function or a label.
  record Name(String name) implements Operand {}

  /// A special register such as `%tid.x`.
  record Special(String name) implements Operand {}

  /// `[base+offset]`; the base is a register, a symbol or an immediate.
  record Address(Operand base, long offset) implements Operand {}

  /// `{a, b, c, d}`.
  record Vector(List<Operand> items) implements Operand {}

  /// `(a, b)` of a call.
  record Arguments(List<Operand> items) implements Operand {}

  /// What stands in the place of operands that are not understood, and why: who decodes the
  /// instruction refuses it.
  record Unreadable(String why) implements Operand {}

  /// `_`: a result that nobody wants.
  record Ignored() implements Operand {}
}
