package dev.hindsight.error;

import java.util.Arrays;
import java.util.List;

/// What somebody may have meant who mistyped a word.
public final class DidYouMean {
  private DidYouMean() {}

  /// For a word that is none of the names.
  ///
  /// @param kind what they name: `model`
  public static UserException unknown(String kind, String word, List<String> names) {
    List<String> near = names.stream().filter(name -> distance(word, name) <= slips(name)).toList();
    return new UserException(
        "no %s is called '%s'%s; there are: %s"
            .formatted(kind, word, say(near), String.join(", ", names)));
  }

  /// `" (did you mean 'made'?)"` for names that are near, or nothing where none is.
  public static String say(List<String> near) {
    return near.isEmpty() ? "" : " (did you mean '%s'?)".formatted(near.getFirst());
  }

  /// One letter of four may be wrong, two of seven; a name of three is soon another.
  private static int slips(String name) {
    return (name.length() - 1) / 3;
  }

  /// The fewest letters to insert, delete or replace, after Levenshtein.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
