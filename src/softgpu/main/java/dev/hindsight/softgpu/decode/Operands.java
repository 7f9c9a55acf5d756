package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Predicates;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Specials;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Arrays;
import java.util.Collections;
import java.util.function.ToIntFunction;

/// Turns the operands of the instruction at hand into places in register files.
final class Operands {
  private final Slots slots;
  private final Layout layout;
  private final String file;
  private Instruction source;

  Operands(Slots slots, Layout layout, String file, Instruction first) {
    this.slots = slots;
    this.layout = layout;
    this.file = file;
    this.source = first;
  }

  void at(Instruction instruction) {
    source = instruction;
  }

  Instruction source() {
    return source;
  }

  Layout layout() {
    return layout;
  }

  Operand get(int index) {
    if (index >= source.operands().size()) {
      throw error("wanted operand " + (index + 1) + ", got " + source.operands().size());
    }
    return source.operands().get(index);
  }

  int count() {
    return source.operands().size();
  }

  void count(int wanted) {
    if (count() != wanted) {
      throw error("wanted " + wanted + " operands, got " + count());
    }
  }

  /// The number that an operand must be; `what` says of what.
  long immediate(int index, String what) {
    if (index < count() && get(index) instanceof Operand.Int(long value)) {
      return value;
    }
    throw error("wanted " + what);
  }

  /// An op on raw bits: its operands are of these types, and no others are there.
  Op scalar(Scalar.Lane lane, Type... types) {
    count(types.length);
    Ref[] refs = new Ref[4];
    Arrays.setAll(refs, k -> k < types.length ? ref(k, types[k]) : Ref.NONE);
    return Scalar.bits(refs[0], refs[1], refs[2], refs[3], lane);
  }

  /// An op on raw bits whose operands, so many, are of one type.
  Op scalar(int operands, Type type, Scalar.Lane lane) {
    return scalar(lane, Collections.nCopies(operands, type).toArray(Type[]::new));
  }

  /// Places of the result and of three sources, in a file; what the op lacks repeats the last one.
  int[] places(int sources, ToIntFunction<Operand> file) {
    count(sources + 1);
    int[] places = new int[4];
    for (int k = 0; k < places.length; k++) {
      places[k] = k <= sources ? file.applyAsInt(get(k)) : places[k - 1];
    }
    return places;
  }

  int i(int index) {
    return i(get(index));
  }

  int f(int index) {
    return f(get(index));
  }

  int l(int index) {
    return l(get(index));
  }

  int p(int index) {
    return p(get(index));
  }

  Ref ref(int index, Type type) {
    return ref(get(index), type);
  }

  /// A predicate that is read.
  Predicates.Source source(Operand operand) {
    return new Predicates.Source(p(operand), negated(operand));
  }

  /// A 32-bit or 16-bit value for an op on ints.
  int i(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register r, _) -> int32(r, false);
      case Operand.Int(long value) -> slots.intConstant((int) value);
      case Operand.Real real -> slots.intConstant(real.bits32());
      case Operand.Symbol symbol -> slots.intConstant((int) layout.address(symbol, this));
      case Operand.Special(String name) when Layout.isReserved(name) ->
          slots.intConstant(layout.reserved(name, this));
      case Operand.Special(String name) -> special(name);
      default -> throw error("wanted a 32-bit operand, got " + operand);
    };
  }

  /// A float for an op on floats.
  int f(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register r, _) -> int32(r, true);
      case Operand.Real real -> slots.floatConstant(real.bits32());
      case Operand.Int(long value) -> slots.floatConstant((int) value);
      case Operand.Special(String name) -> ~special(name);
      default -> throw error("wanted a float operand, got " + operand);
    };
  }

  private int special(String name) {
    if (!Specials.has(name)) {
      throw error("special register " + name + " is not supported");
    }
    return slots.special(name);
  }

  private int int32(Register r, boolean wantFloat) {
    if (r.type == Type.PRED || r.type.bytes == 8) {
      throw error("wanted a register of at most 32 bits, got " + r);
    }
    slots.vote(r, wantFloat);
    int index = slots.index(r);
    return slots.inFloats(r) == wantFloat ? index : ~index;
  }

  /// A 64-bit value.
  int l(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register r, _) when r.type.bytes == 8 -> slots.index(r);
      case Operand.Int(long value) -> slots.longConstant(value);
      case Operand.Real(double value, boolean single, int bits) ->
          slots.longConstant(single ? bits & 0xffffffffL : Double.doubleToRawLongBits(value));
      case Operand.Symbol symbol -> slots.longConstant(layout.address(symbol, this));
      default -> throw error("wanted a 64-bit operand, got " + operand);
    };
  }

  int p(Operand operand) {
    if (operand instanceof Operand.Reg(Register r, _) && r.type == Type.PRED) {
      return slots.index(r);
    }
    throw error("wanted a predicate, got " + operand);
  }

  static boolean negated(Operand operand) {
    return operand instanceof Operand.Reg reg && reg.negated();
  }

  /// Any operand of this type, as raw bits.
  Ref ref(Operand operand, Type type) {
    return switch (operand) {
      case Operand.Ignored _ -> Ref.NONE;
      case Operand.Reg(Register r, _) when r.type == Type.PRED ->
          new Ref(Ref.File.PRED, slots.index(r));
      case Operand.Reg(Register r, _) -> ref(r, type);
      case Operand.Real real when type.bytes == 8 -> new Ref(Ref.File.LONG, l(real));
      case Operand.Real real when type.bytes == 2 && !real.single() ->
          new Ref(
              Ref.File.INT, slots.intConstant(Float.floatToFloat16((float) real.value()) & 0xffff));
      // nvcc writes 40000 of u16 as -25536: a constant has the bits of its type and no others.
      case Operand.Int(long value) when type.bytes == 1 || type.bytes == 2 ->
          new Ref(Ref.File.INT, slots.intConstant((int) value & ((1 << type.bits()) - 1)));
      case Operand other when type.bytes == 8 -> new Ref(Ref.File.LONG, l(other));
      case Operand other -> new Ref(Ref.File.INT, i(other));
    };
  }

  private Ref ref(Register r, Type type) {
    if (r.type.bytes == 8) {
      return new Ref(Ref.File.LONG, slots.index(r));
    }
    if (r.type.bytes == 4 && (type.bytes == 4 || type == Type.F64)) {
      slots.vote(r, type == Type.F32);
    }
    int index = slots.index(r);
    if (r.type.bytes < 4) {
      return new Ref(Ref.File.SHORT, index);
    }
    return new Ref(slots.inFloats(r) ? Ref.File.FLOAT : Ref.File.INT, index);
  }

  /// A register whose bits merely move: it gets no vote.
  Ref plain(Operand operand) {
    if (operand instanceof Operand.Reg(Register r, _) && r.type.bytes == 4) {
      return new Ref(slots.inFloats(r) ? Ref.File.FLOAT : Ref.File.INT, slots.index(r));
    }
    return ref(operand, operand instanceof Operand.Reg(Register r, _) ? r.type : Type.B32);
  }

  /// Code for an op that moves bits in the float file, without a vote.
  int floatMove(Operand operand) {
    if (operand instanceof Operand.Reg(Register r, _) && r.type.bytes <= 4) {
      return slots.inFloats(r) ? slots.index(r) : ~slots.index(r);
    }
    return f(operand);
  }

  int intMove(Operand operand) {
    if (operand instanceof Operand.Reg(Register r, _) && r.type.bytes == 4) {
      return slots.inFloats(r) ? ~slots.index(r) : slots.index(r);
    }
    return i(operand);
  }

  /// Like [#plain], for immediates of this type too.
  Ref plainOf(Operand operand, Type type) {
    return operand instanceof Operand.Reg(Register r, _) && r.type.bytes == 4
        ? plain(operand)
        : ref(operand, type);
  }

  /// A register that nobody reads.
  Ref sink(Type type) {
    Register made = new Register("_", type.bytes == 8 ? Type.B64 : Type.B32);
    return new Ref(type.bytes == 8 ? Ref.File.LONG : Ref.File.INT, slots.index(made));
  }

  /// Notes that arithmetic writes this operand.
  void computed(Operand operand) {
    if (operand instanceof Operand.Reg(Register r, _)) {
      slots.computed(r);
    }
  }

  /// Notes that bits move between two operands.
  void link(Operand a, Operand b) {
    if (a instanceof Operand.Reg(Register x, _) && b instanceof Operand.Reg(Register y, _)) {
      slots.link(x, y);
    }
  }

  boolean inFloats(Operand operand) {
    return operand instanceof Operand.Reg(Register r, _) && slots.inFloats(r);
  }

  void vote(Operand operand, boolean forFloat) {
    if (operand instanceof Operand.Reg(Register r, _)) {
      slots.vote(r, forFloat);
    }
  }

  PtxException error(String what) {
    return new PtxException(file + " line " + source.line() + ": " + source.name() + ": " + what);
  }
}
