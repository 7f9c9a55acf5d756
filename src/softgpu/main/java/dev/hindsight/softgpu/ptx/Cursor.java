package dev.hindsight.softgpu.ptx;

import java.util.List;

/// Walks over tokens; every complaint names the file, the line, the opcode and the token.
final class Cursor {
  private static final int MOST_BYTES = 1 << 30;
  private final List<Token> tokens;
  private final String name;
  private int at;
  private String opcode = "";

  Cursor(List<Token> tokens, String name) {
    this.tokens = tokens;
    this.name = name;
  }

  /// Complaints from here on name this opcode; none for an empty text.
  void inside(String wanted) {
    opcode = wanted;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    if (token.kind() == Token.Kind.END) {
      throw error(token, "the text ends too early");
    }
    at++;
    return token;
  }

  boolean atEnd() {
    return peek().kind() == Token.Kind.END;
  }

  /// Goes behind the brace that closes the one which comes next.
  void skipBraces() {
    expect("{");
    int depth = 1;
    while (depth > 0) {
      Token token = next();
      depth += token.is("{") ? 1 : token.is("}") ? -1 : 0;
    }
  }

  /// Goes to the semicolon that ends a statement; false where it has none.
  boolean skipStatement() {
    int depth = 0;
    for (; !atEnd() && !(depth == 0 && peek().is(";")); at++) {
      depth += peek().is("{") ? 1 : peek().is("}") ? -1 : 0;
      if (depth < 0) {
        return false;
      }
    }
    return !atEnd();
  }

  boolean accept(String sign) {
    if (peek().is(sign)) {
      at++;
      return true;
    }
    return false;
  }

  Token expect(String sign) {
    Token token = next();
    if (!token.is(sign)) {
      throw error(token, "wanted '" + sign + "', got " + token);
    }
    return token;
  }

  String word(String what) {
    Token token = next();
    if (token.kind() != Token.Kind.WORD) {
      throw error(token, "wanted " + what + ", got " + token);
    }
    return token.text();
  }

  /// An integer, with a sign or without.
  long integer(String what) {
    boolean minus = accept("-");
    Token token = next();
    if (token.kind() != Token.Kind.NUMBER) {
      throw error(token, "wanted " + what + ", got " + token);
    }
    long value = integer(token);
    return minus ? -value : value;
  }

  int smallInteger(String what) {
    Token token = peek();
    long value = integer(what);
    if (value < 0 || value > MOST_BYTES) {
      throw error(token, "wanted " + what + ", got " + value);
    }
    return (int) value;
  }

  long integer(Token token) {
    String text = token.text();
    if (text.endsWith("U")) {
      text = text.substring(0, text.length() - 1);
    }
    try {
      if (text.startsWith("0x") || text.startsWith("0X")) {
        return Long.parseUnsignedLong(text.substring(2), 16);
      }
      if (text.startsWith("0b") || text.startsWith("0B")) {
        return Long.parseUnsignedLong(text.substring(2), 2);
      }
      boolean octal = text.length() > 1 && text.charAt(0) == '0';
      return Long.parseUnsignedLong(text, octal ? 8 : 10);
    } catch (NumberFormatException unreadable) {
      throw error(token, "wanted an integer, got " + token);
    }
  }

  /// `0f3F800000`, `0d3FF0000000000000`, `1.5` or an integer.
  Operand number(boolean minus) {
    Token token = next();
    String text = token.text();
    try {
      if (text.startsWith("0f") || text.startsWith("0F")) {
        int bits = Integer.parseUnsignedInt(text.substring(2), 16);
        bits = minus ? bits ^ 0x80000000 : bits;
        return new Operand.Real(Float.intBitsToFloat(bits), true, bits);
      }
      if (text.startsWith("0d") || text.startsWith("0D")) {
        double value = Double.longBitsToDouble(Long.parseUnsignedLong(text.substring(2), 16));
        return real(minus ? -value : value);
      }
      boolean hex = text.startsWith("0x") || text.startsWith("0X");
      if (!hex && (text.contains(".") || text.contains("e") || text.contains("E"))) {
        double value = Double.parseDouble(text);
        return real(minus ? -value : value);
      }
    } catch (NumberFormatException unreadable) {
      throw error(token, "wanted a number, got " + token);
    }
    long value = integer(token);
    return new Operand.Int(minus ? -value : value);
  }

  private static Operand real(double value) {
    return new Operand.Real(value, false, Float.floatToRawIntBits((float) value));
  }

  PtxException error(Token token, String what) {
    return error(token.line(), what);
  }

  PtxException error(int line, String what) {
    String where = name + " line " + line + ": ";
    return new PtxException(where + (opcode.isEmpty() ? "" : opcode + ": ") + what);
  }
}
