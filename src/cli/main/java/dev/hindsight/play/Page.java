package dev.hindsight.play;

import dev.hindsight.error.Resources;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of the page, which lie in the jar: no other file of this machine can be asked for.
final class Page {
  static final String INDEX = "index.html";
  private static final List<String> FILES =
      List.of(
          INDEX,
          "style.css",
          "icon.svg",
          "main.js",
          "api.js",
          "shape.js",
          "address.js",
          "paint.js",
          "bars.js",
          "class-bars.js",
          "pen.js",
          "editor.js",
          "player.js",
          "draw-room.js",
          "sight-room.js",
          "structure-room.js");

  private Page() {}

  static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : FILES) {
      files.put(name, Resources.bytes(Page.class, name));
    }
    return files;
  }

  static String type(String name) {
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "application/octet-stream";
    };
  }
}
