package dev.hindsight.softgpu.check;

import org.jspecify.annotations.Nullable;

/// Where an instruction stands.
///
/// @param ptxLine line of the PTX text, from 1
/// @param ptx text of the instruction
/// @param file name of the `.cu` file, or null without line information
/// @param line line of the `.cu` file
/// @param source text of that line, or null where the file is not at hand
public record Site(
    int ptxLine, String ptx, @Nullable String file, int line, @Nullable String source) {

  /// `softmax.cu:51 y[i] = x[i];` or the PTX line where there is no line information.
  public String where() {
    return place() + (file == null || source == null ? "" : "  " + source);
  }

  /// `softmax.cu:51`, or the PTX line.
  public String place() {
    return file == null ? "PTX line " + ptxLine : file + ":" + line;
  }
}
