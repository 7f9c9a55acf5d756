package dev.hindsight.draw;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/// The resources of this package.
final class Texts {
  /// docs/structure.md, in which each picture stands above its caption.
  static final String STRUCTURE = read("structure.md");

  static final String STYLE = read("svg.css");

  private Texts() {}

  private static String read(String name) {
    try (InputStream in = Objects.requireNonNull(Texts.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the resource " + name, e);
    }
  }
}
