package dev.hindsight.backend.cuda.launch;

/// One kernel of a PTX file, as nvcc writes it: a kernel begins with its `.entry` and ends with a
/// brace of its own line. The lines of the others are left empty, so that a line keeps its number.
public final class SingleKernel {
  private static final String ENTRY = "\n.visible .entry ";
  private static final String END = "\n}\n";

  private SingleKernel() {}

  /// The text without the other kernels. Variables of the module stay.
  public static String of(String ptx, String kernel) {
    StringBuilder alone = new StringBuilder(); // files of attention have megabytes: no regex
    int at = 0;
    for (int start = ptx.indexOf(ENTRY); start >= 0; start = ptx.indexOf(ENTRY, at)) {
      int end = ptx.indexOf(END, start);
      if (end < 0) {
        break; // no kernel that nvcc wrote
      }
      alone.append(ptx, at, start);
      at = end + END.length() - 1;
      if (ptx.startsWith(kernel + "(", start + ENTRY.length())) {
        alone.append(ptx, start, at);
      } else {
        alone.repeat('\n', lines(ptx, start, at));
      }
    }
    return alone.append(ptx, at, ptx.length()).toString();
  }

  private static int lines(String text, int from, int to) {
    int lines = 0;
    for (int k = text.indexOf('\n', from); k >= 0 && k < to; k = text.indexOf('\n', k + 1)) {
      lines++;
    }
    return lines;
  }
}
