package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.base.Dim3;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thing that a kernel did wrong, at one instruction.
///
/// @param headline one line: what happened
/// @param details further lines: address, nearest allocation, the other side of a race
/// @param block place of the block in the grid
/// @param thread place of the thread in the block
/// @param lane lane of the thread in its warp
/// @param launch grid and block of the launch
/// @param hostStack the Java frames that launched it
/// @param repeats how often the same kind was met again at this instruction
/// @param seed schedule seed that replays it
public record Finding(
    Kind kind,
    String headline,
    List<String> details,
    String kernel,
    Site site,
    @Nullable Site otherSite,
    Dim3 block,
    Dim3 thread,
    int warp,
    int lane,
    String launch,
    List<String> hostStack,
    long repeats,
    long seed) {

  Finding with(List<String> stack, long more) {
    return new Finding(
        kind, headline, details, kernel, site, otherSite, block, thread, warp, lane, launch, stack,
        more, seed);
  }

  /// The report, several lines.
  public String report() {
    StringBuilder out = new StringBuilder(headline).append('\n');
    line(out, "at " + kernel + " in " + site.where());
    line(out, "PTX line " + site.ptxLine() + ": " + site.ptx());
    line(out, "by thread " + thread + " in block " + block + ", warp " + warp + ", lane " + lane);
    details.forEach(detail -> line(out, detail));
    line(out, "launch " + launch);
    hostStack.forEach(frame -> line(out, "  from " + frame));
    if (repeats > 0) {
      line(out, "and " + repeats + " more of this kind at this instruction");
    }
    line(out, "schedule seed " + seed + " replays it");
    return out.toString();
  }

  private static void line(StringBuilder out, String text) {
    out.append("    ").append(text).append('\n');
  }
}
