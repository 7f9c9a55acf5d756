package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `vprintf(format, list)`: prints lane after lane to standard output, and answers how many
/// arguments it took.
public final class Printf extends Op {
  private static final Pattern DIRECTIVE =
      Pattern.compile(
          "%[-+ #0']*(?<width>\\*|\\d+)?(?<precision>\\.(\\*|\\d*))?"
              + "(?<size>hh|h|ll|l|z|j|t)?(?<kind>[diouxXcsaAeEfFgGp%])");

  private final int format;
  private final int list;
  private final int[] results;

  /// @param format place of the format's address in the local memory of a lane
  /// @param list place of the address of the arguments
  /// @param results places of the answer; none where the caller names no result
  public Printf(int format, int list, int[] results) {
    this.format = format;
    this.list = list;
    this.results = results;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Line line = new Line(w, lane, w.localBytes(lane, list, 8));
      line.print(CString.read(w, lane, w.localBytes(lane, format, 8)));
      for (int result : results) {
        w.setLocalBytes(lane, result, 4, line.taken);
      }
    }
    System.out.flush();
  }

  /// What one lane prints. Formats and strings are Latin-1 here, so that every byte is a character.
  private final class Line {
    private final Warp w;
    private final int lane;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long at;
    private int taken;

    Line(Warp w, int lane, long list) {
      this.w = w;
      this.lane = lane;
      this.at = list - Place.LOCAL_WINDOW;
    }

    void print(String text) {
      Matcher found = DIRECTIVE.matcher(text);
      int end = 0;
      while (found.find()) {
        plain(text.substring(end, found.start()));
        directive(found);
        end = found.end();
      }
      plain(text.substring(end));
      System.out.write(out.toByteArray(), 0, out.size());
    }

    private void plain(String text) {
      out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void directive(Matcher found) {
      String one = found.group();
      if ("*".equals(found.group("width"))) {
        one = one.replaceFirst("\\*", Integer.toString((int) next(4)));
      }
      if (".*".equals(found.group("precision"))) {
        int precision = (int) next(4);
        one = one.replace(".*", precision < 0 ? "" : "." + precision);
      }
      String size = found.group("size");
      boolean wide = size != null && !size.startsWith("h");
      out.writeBytes(
          switch (found.group("kind").charAt(0)) {
            case '%' -> new byte[] {'%'};
            case 's' -> CFormat.text(one, CString.read(w, lane, next(8)));
            case 'p' -> CFormat.wide(one, next(8));
            case 'a', 'A', 'e', 'E', 'f', 'F', 'g', 'G' ->
                CFormat.real(one, Double.longBitsToDouble(next(8)));
            default -> wide ? CFormat.wide(one, next(8)) : CFormat.narrow(one, (int) next(4));
          });
    }

    /// The next argument. Each is aligned to its size.
    private long next(int bytes) {
      long from = (at + bytes - 1) / bytes * bytes;
      if (from < 0 || from > w.block.launch.program.localBytes() - bytes) {
        w.report(
            Kind.OUT_OF_BOUNDS,
            lane,
            Printf.this,
            () -> new Message("Invalid printf: the format wants more arguments than were passed"));
        throw new Abort();
      }
      at = from + bytes;
      taken++;
      return w.localBytes(lane, (int) from, bytes);
    }
  }
}
