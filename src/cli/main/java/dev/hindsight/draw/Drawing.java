package dev.hindsight.draw;

import java.util.List;

/// A picture of a part of a model.
///
/// @param name of its file, without `.svg`
/// @param sentences what it shows, in plain words
/// @param svg a document of its own
public record Drawing(String name, String title, List<String> sentences, String svg) {

  Drawing(String name, Svg svg, String... sentences) {
    this(name, svg.title(), List.of(sentences), svg.document());
  }

  public String text() {
    return String.join(" ", sentences);
  }
}
