package dev.hindsight.softgpu.ptx;

import java.util.Set;

/// Textures and surfaces, which the software GPU does not have. Their operands are like no others,
/// so they are refused before these are read.
final class Images {
  private static final Set<String> OPCODES =
      Set.of("tex", "tld4", "txq", "suld", "sust", "sured", "suq", "istypep");

  /// Types of variables.
  private static final Set<String> TYPES = Set.of(".texref", ".samplerref", ".surfref");

  private Images() {}

  /// Refuses an opcode such as `tex.2d.v4.f32.s32`, or a type such as `.texref`.
  static void refuse(Cursor cursor, Token token) {
    String text = token.text();
    if (OPCODES.contains(text.split("\\.", 2)[0]) || TYPES.contains(text)) {
      throw cursor.error(
          token,
          text
              + ": textures and surfaces are not supported; let the kernel read and write global"
              + " memory (ld.global, st.global: a pointer in CUDA C)");
    }
  }
}
