package dev.hindsight.softgpu.ptx;

/// A lexical unit of PTX text and the line it stands on, from 1.
record Token(Kind kind, String text, int line) {
  enum Kind {
    WORD,
    NUMBER,
    STRING,
    SIGN,
    END
  }

  boolean is(String wanted) {
    return kind != Kind.STRING && text.equals(wanted);
  }

  boolean startsWith(char first) {
    return kind == Kind.WORD && text.charAt(0) == first;
  }

  @Override
  public String toString() {
    return kind == Kind.END ? "the end of the text" : "'" + text + "'";
  }
}
