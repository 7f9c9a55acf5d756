package dev.hindsight.softgpu.ptx;

import java.util.ArrayList;
import java.util.List;

/// Cuts PTX text into tokens. Opcodes with their modifiers, directives and registers are one word
/// each: `ld.global.nc.v4.f32`, `.reg`, `%tid.x`, `ld.global.L1::no_allocate.b32`; directives that
/// touch, such as `.reg.b32`, are apart.
final class Lexer {
  private static final String SIGNS = "{}[]()<>,;:|+-!=@*~&^/?";
  private final String text;
  private final String name;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String text, String name) {
    this.text = text;
    this.name = name;
  }

  static List<Token> tokens(String text, String name) {
    Lexer lexer = new Lexer(text, name);
    while (lexer.step()) {}
    lexer.tokens.add(new Token(Token.Kind.END, "", lexer.line));
    return lexer.tokens;
  }

  private boolean step() {
    if (at >= text.length()) {
      return false;
    }
    char c = text.charAt(at);
    if (c == '\n') {
      line++;
      at++;
    } else if (Character.isWhitespace(c) || c == 0) {
      at++;
    } else if (text.startsWith("//", at)) {
      int end = text.indexOf('\n', at);
      at = end < 0 ? text.length() : end;
    } else if (text.startsWith("/*", at)) {
      blockComment();
    } else if (c == '"') {
      string();
    } else if (c >= '0' && c <= '9') {
      take(Token.Kind.NUMBER);
    } else if (isWord(c)) {
      take(Token.Kind.WORD);
    } else if (SIGNS.indexOf(c) >= 0) {
      tokens.add(new Token(Token.Kind.SIGN, String.valueOf(c), line));
      at++;
    } else {
      throw error("character '" + c + "' has no place in PTX");
    }
    return true;
  }

  private void blockComment() {
    int end = text.indexOf("*/", at + 2);
    if (end < 0) {
      throw error("comment without an end");
    }
    for (; at < end + 2; at++) {
      if (text.charAt(at) == '\n') {
        line++;
      }
    }
  }

  private void string() {
    int end = text.indexOf('"', at + 1);
    if (end < 0 || text.substring(at, end).contains("\n")) {
      throw error("string without an end");
    }
    tokens.add(new Token(Token.Kind.STRING, text.substring(at + 1, end), line));
    at = end + 1;
  }

  private void take(Token.Kind kind) {
    int start = at++;
    boolean directive = text.charAt(start) == '.';
    while (at < text.length() && (isWord(text.charAt(at)) || isQualified(kind))) {
      if (directive && text.charAt(at) == '.') {
        break; // `.reg.b32`
      }
      at += text.charAt(at) == ':' ? 2 : 1;
    }
    tokens.add(new Token(kind, text.substring(start, at), line));
  }

  /// Whether a word goes on behind `::`; a single colon ends a label.
  private boolean isQualified(Token.Kind kind) {
    return kind == Token.Kind.WORD
        && text.startsWith("::", at)
        && at + 2 < text.length()
        && isWord(text.charAt(at + 2));
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '$'
        || c == '%';
  }

  private PtxException error(String what) {
    return new PtxException(name + " line " + line + ": " + what);
  }
}
