package dev.hindsight.compare;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A page as a resource, whose `${name}` is a part that somebody gives, or another resource. So a
/// page needs no other file.
final class Template {
  private static final Pattern PART = Pattern.compile("\\$\\{([\\w./-]+)}");

  private Template() {}

  static String fill(String page, Map<String, String> parts) {
    return PART.matcher(resource(page))
        .replaceAll(
            part -> {
              String text = parts.get(part.group(1));
              return Matcher.quoteReplacement(text == null ? resource(part.group(1)) : text);
            });
  }

  private static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(Template.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the resource " + name, e);
    }
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
