package dev.hindsight.softgpu.ptx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Parses variable declarations, from behind their space on: `.align 16 .b8 sm[64] = {1, 2}`.
final class VariableParser {
  private final Cursor cursor;
  private final Variable.Space space;
  private Variable.Origin origin;
  private int align;
  private int width = 1;
  private boolean image;
  private @Nullable Type type;

  VariableParser(Cursor cursor, Variable.Space space, boolean external) {
    this.cursor = cursor;
    this.space = space;
    this.origin = external ? Variable.Origin.EXTERNAL : Variable.Origin.OWN;
  }

  /// All variables of one declaration, which share their type.
  List<Variable> declaration() {
    Type element = qualifiers();
    List<Variable> found = new ArrayList<>();
    do {
      found.add(named(element));
    } while (cursor.accept(","));
    return found;
  }

  Variable one() {
    return named(qualifiers());
  }

  private Type qualifiers() {
    boolean pointer = false;
    while (cursor.peek().startsWith('.')) {
      Token token = cursor.next();
      String text = token.text();
      switch (text) {
        case ".align" -> {
          int wanted = alignment(token);
          // Behind .ptr it is that of what the pointer points to.
          align = pointer ? align : wanted;
        }
        case ".v2" -> width = 2;
        case ".v4" -> width = 4;
        case ".ptr" -> pointer = true;
        case ".attribute" -> attributes();
        case ".global", ".shared", ".const", ".local" -> {}
        // Opaque: their addresses stand for them.
        case ".texref", ".samplerref", ".surfref" -> {
          image = true;
          type = Type.U64;
          if (origin == Variable.Origin.OWN && !text.equals(".samplerref")) {
            origin = text.equals(".texref") ? Variable.Origin.TEXTURE : Variable.Origin.SURFACE;
          }
        }
        default -> {
          Type found = Type.of(text.substring(1));
          if (found == null || found == Type.PRED) {
            throw cursor.error(token, "wanted a type, got " + token);
          }
          type = found;
        }
      }
    }
    if (type == null) {
      throw cursor.error(cursor.peek(), "wanted a type, got " + cursor.peek());
    }
    return type;
  }

  private void attributes() {
    cursor.expect("(");
    while (!cursor.accept(")")) {
      if (cursor.next().is(".managed") && origin == Variable.Origin.OWN) {
        origin = Variable.Origin.MANAGED;
      }
    }
  }

  private int alignment(Token token) {
    int wanted = cursor.smallInteger("an alignment");
    if (Integer.bitCount(wanted) != 1 || wanted > 1 << 16) {
      throw cursor.error(token, "wanted a power of two, got .align " + wanted);
    }
    return wanted;
  }

  private Variable named(Type element) {
    Token place = cursor.peek();
    String name = cursor.word("a variable name");
    int unit = element.bytes * width;
    long count = 1;
    boolean open = false;
    while (cursor.accept("[")) {
      if (cursor.accept("]")) {
        open = true;
      } else {
        count *= cursor.smallInteger("an array length");
        cursor.expect("]");
      }
    }
    byte[] initial = null;
    List<Variable.Reference> references = new ArrayList<>();
    if (image && cursor.accept("=")) {
      cursor.skipBraces();
    } else if (cursor.accept("=")) {
      List<Byte> bytes = new ArrayList<>();
      value(element, bytes, references, 0);
      count = open ? Math.ceilDiv(bytes.size(), unit) : count;
      open = false;
      initial = new byte[Math.toIntExact(Math.max(0, Math.min(count * unit, bytes.size())))];
      for (int i = 0; i < initial.length; i++) {
        initial[i] = bytes.get(i);
      }
    }
    if (count * unit > 1 << 30 || count < 0) {
      throw cursor.error(place, name + " has more than 1 GB");
    }
    int size = open ? 0 : (int) (count * unit);
    return new Variable(
        name, space, Math.max(align, unit), unit, size, origin, initial, List.copyOf(references));
  }

  private void value(
      Type element, List<Byte> bytes, List<Variable.Reference> references, int depth) {
    if (depth > 8) {
      throw cursor.error(cursor.peek(), "initialiser is nested too deep");
    }
    if (cursor.accept("{")) {
      while (!cursor.accept("}")) {
        value(element, bytes, references, depth + 1);
        cursor.accept(",");
      }
      return;
    }
    long bits;
    if (cursor.peek().kind() == Token.Kind.WORD) {
      boolean generic = cursor.peek().is("generic");
      if (generic) {
        cursor.next();
        cursor.expect("(");
      }
      String symbol = cursor.word("a variable name");
      if (generic) {
        cursor.expect(")");
      }
      long offset = cursor.accept("+") ? cursor.integer("an offset") : 0;
      references.add(new Variable.Reference(bytes.size(), symbol, offset, generic));
      bits = 0;
    } else {
      bits =
          switch (cursor.number(cursor.accept("-"))) {
            case Operand.Int number -> number.value();
            case Operand.Real real ->
                element == Type.F64 || element.bytes == 8
                    ? Double.doubleToRawLongBits(real.value())
                    : real.bits32();
            default -> 0;
          };
    }
    for (int i = 0; i < element.bytes; i++) {
      bytes.add((byte) (bits >>> (8 * i)));
    }
  }
}
