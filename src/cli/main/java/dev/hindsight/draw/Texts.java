package dev.hindsight.draw;

import dev.hindsight.error.Resources;

final class Texts {
  /// docs/structure.md, in which each picture stands above its caption.
  static final String STRUCTURE = Resources.text(Texts.class, "structure.md");

  static final String STYLE = Resources.text(Texts.class, "svg.css");

  private Texts() {}
}
