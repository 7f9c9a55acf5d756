package dev.hindsight.compare;

import dev.hindsight.error.Resources;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A page as a resource, whose `${name}` is a part that somebody gives, or another resource. So a
/// page needs no other file.
final class Template {
  private static final Pattern PART = Pattern.compile("\\$\\{([\\w./-]+)}");

  private Template() {}

  static String fill(String page, Map<String, String> parts) {
    return PART.matcher(Resources.text(Template.class, page))
        .replaceAll(
            part -> {
              String text = parts.get(part.group(1));
              return Matcher.quoteReplacement(
                  text == null ? Resources.text(Template.class, part.group(1)) : text);
            });
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
