package dev.hindsight.softgpu.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Several texts of PTX as one, which is what linking them is: what one declares another defines.
/// What is a text's own gets a name that no other text has, and files get other numbers.
public final class Joined {
  private static final int FILES_OF_A_TEXT = 1000;

  /// A variable or function without `.visible`, `.weak`, `.extern` or `.common` before it.
  private static final Pattern OWN =
      Pattern.compile(
          "(?m)^\\.(?:(?:global|const|shared)\\s+(?:(?:\\.\\w+(?:\\([^)]*\\))?|\\d+)\\s+)*"
              + "|func\\s+(?:\\([^)]*\\)\\s*)?)([A-Za-z_$%][\\w$]*)");

  private static final Pattern WORD = Pattern.compile("[A-Za-z_$%][\\w$]*");
  private static final Pattern FILE =
      Pattern.compile("(?m)(^\\s*\\.(?:file|loc)\\s+|\\binlined_at\\s+)(\\d+)");

  private Joined() {}

  public static String of(List<String> texts) {
    List<String> all = new ArrayList<>();
    for (String text : texts) {
      all.add(all.isEmpty() ? text : apart(text, all.size()));
    }
    return String.join("\n", all);
  }

  private static String apart(String text, int number) {
    Set<String> own = new LinkedHashSet<>();
    OWN.matcher(text).results().forEach(found -> own.add(found.group(1)));
    Map<String, String> names = new HashMap<>();
    own.forEach(name -> names.put(name, name + "$of" + number));
    String renamed =
        WORD.matcher(text)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(names.getOrDefault(found.group(), found.group())));
    return FILE.matcher(renamed)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    found.group(1)
                        + (Integer.parseInt(found.group(2)) + number * FILES_OF_A_TEXT)));
  }
}
