package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
import java.util.List;

/// One thing that a kernel did wrong, at one instruction.
///
/// @param headline one line: what happened
/// @param details further lines: address, nearest allocation, the other side of a race
/// @param hostStack the Java frames that launched it
/// @param repeats how often the same kind was met again at this instruction
public record Finding(
    Kind kind,
    String headline,
    List<String> details,
    Site site,
    By by,
    Launched launch,
    List<String> hostStack,
    long repeats) {
  /// Who did it: places of the block in the grid and of the thread in the block, and numbers of the
  /// warp in the block and the lane in the warp.
  public record By(Dim3 block, Dim3 thread, int warp, int lane) {}

  /// The launch of a kernel: its threads, and the schedule seed that replays it.
  public record Launched(String kernel, Shape shape, long seed) {}

  Finding with(List<String> stack, long more) {
    return new Finding(kind, headline, details, site, by, launch, stack, more);
  }

  /// The report, several lines.
  public String report() {
    StringBuilder out = new StringBuilder(headline).append('\n');
    line(out, "at " + launch.kernel + " in " + site.where());
    line(out, "PTX line " + site.ptxLine() + ": " + site.ptx());
    line(
        out,
        "by thread %s in block %s, warp %d, lane %d"
            .formatted(by.thread, by.block, by.warp, by.lane));
    details.forEach(detail -> line(out, detail));
    line(out, "launch " + launch.shape);
    hostStack.forEach(frame -> line(out, "  from " + frame));
    if (repeats > 0) {
      line(out, "and " + repeats + " more of this kind at this instruction");
    }
    line(out, "schedule seed " + launch.seed + " replays it");
    return out.toString();
  }

  private static void line(StringBuilder out, String text) {
    out.append("    ").append(text).append('\n');
  }
}
