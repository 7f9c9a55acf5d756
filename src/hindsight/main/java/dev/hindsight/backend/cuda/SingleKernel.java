package dev.hindsight.backend.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One kernel of a PTX file, as nvcc writes it: a kernel begins with its `.entry` and ends with a
/// brace of its own line. The lines of the others are left empty, so that a line keeps its number.
final class SingleKernel {
  private static final Pattern ENTRY =
      Pattern.compile("^\\.visible \\.entry (\\w+)\\(.*?^\\}$", Pattern.MULTILINE | Pattern.DOTALL);

  private SingleKernel() {}

  /// The text without the other kernels. Variables of the module stay.
  static String of(String ptx, String kernel) {
    return ENTRY
        .matcher(ptx)
        .replaceAll(
            found ->
                found.group(1).equals(kernel)
                    ? Matcher.quoteReplacement(found.group())
                    : "\n".repeat((int) found.group().lines().count() - 1));
  }
}
