package dev.hindsight.softgpu.ptx;

import java.util.ArrayList;
import java.util.List;

/// Parses operands and resolves their names in a scope.
final class OperandParser {
  private static final int DEEPEST = 4;
  private final Cursor cursor;

  OperandParser(Cursor cursor) {
    this.cursor = cursor;
  }

  Operand operand(Scope scope) {
    return operand(scope, 0);
  }

  private Operand operand(Scope scope, int depth) {
    Token token = cursor.peek();
    if (depth > DEEPEST) {
      throw cursor.error(token, "operand is nested too deep");
    }
    if (cursor.accept("[")) {
      return address(scope);
    }
    if (cursor.accept("{")) {
      return new Operand.Vector(list(scope, "}", depth));
    }
    if (cursor.accept("(")) {
      return new Operand.Arguments(list(scope, ")", depth));
    }
    Operand first = simple(scope);
    return cursor.accept("|") ? new Operand.Pair(first, simple(scope)) : first;
  }

  private List<Operand> list(Scope scope, String end, int depth) {
    List<Operand> items = new ArrayList<>();
    while (!cursor.accept(end)) {
      items.add(operand(scope, depth + 1));
      if (!cursor.peek().is(end)) {
        cursor.expect(",");
      }
    }
    return List.copyOf(items);
  }

  private Operand address(Scope scope) {
    Operand base = simple(scope);
    long offset = 0;
    if (cursor.accept("+")) {
      offset = cursor.integer("an offset");
    } else if (cursor.peek().is("-")) {
      offset = cursor.integer("an offset");
    }
    if (cursor.accept(",")) {
      return image(scope, new Operand.Address(base, offset));
    }
    cursor.expect("]");
    if (base instanceof Operand.Symbol(Variable variable, long inner)) {
      return new Operand.Address(new Operand.Symbol(variable, 0), offset + inner);
    }
    return new Operand.Address(base, offset);
  }

  /// `[texture, {x, y}]`: all of it are addresses.
  private Operand image(Scope scope, Operand.Address first) {
    List<Operand> parts = new ArrayList<>();
    parts.add(first);
    boolean several = cursor.accept("{");
    do {
      parts.add(new Operand.Address(simple(scope), 0));
    } while (several && cursor.accept(","));
    if (several) {
      cursor.expect("}");
    }
    cursor.expect("]");
    return new Operand.Arguments(List.copyOf(parts));
  }

  private Operand simple(Scope scope) {
    boolean negated = cursor.accept("!");
    boolean minus = cursor.accept("-");
    Token token = cursor.peek();
    if (token.kind() == Token.Kind.NUMBER) {
      return cursor.number(minus);
    }
    String name = cursor.word("an operand");
    if (name.equals("_")) {
      return new Operand.Ignored();
    }
    Register register = scope.register(name);
    if (register != null) {
      return new Operand.Reg(register, negated);
    }
    if (name.startsWith("%")) {
      return new Operand.Special(name);
    }
    if (name.equals("WARP_SZ")) {
      return new Operand.Int(32);
    }
    Variable variable = scope.variable(name);
    if (variable == null) {
      return new Operand.Name(name);
    }
    // `symbol+4` is also written without brackets, and `symbol[1]` names an element.
    long offset = 0;
    if (cursor.accept("[")) {
      offset = cursor.integer("an index") * variable.unit;
      cursor.expect("]");
    }
    offset += cursor.accept("+") ? cursor.integer("an offset") : 0;
    return new Operand.Symbol(variable, offset);
  }
}
