package dev.hindsight.softgpu;

import java.util.ArrayList;
import java.util.List;

/// A product of a group of four warps as a kernel of its own, and how its matrices lie.
///
/// @param registers whether the first one lies there
/// @param selector which lanes have the metadata of a sparse one; -1 where it is whole
record WgmmaProduct(
    String types,
    int n,
    boolean registers,
    boolean turnA,
    boolean turnB,
    int signA,
    int signB,
    int selector) {
  private static final String HEAD =
      ".version 8.4\n.target sm_90a\n.address_size 64\n.extern .shared .align 1024 .b8 sm[];\n";

  String part(int index) {
    return types.split("\\.", -1)[index];
  }

  int bits() {
    return MatrixNumbers.bits(part(1));
  }

  int k() {
    return (sparse() ? 512 : 256) / bits();
  }

  boolean sparse() {
    return selector >= 0;
  }

  /// Columns of the first matrix that are there.
  int stored() {
    return 256 / bits();
  }

  /// Registers of a thread's sums.
  int sums() {
    return part(0).equals("f16") ? n / 4 : n / 2;
  }

  String name() {
    return "p_%s_%d_%s_%s_%s_%d_%d_%d"
        .formatted(
            types.replace('.', '_'),
            n,
            registers,
            turnA,
            turnB,
            signA + 1,
            signB + 1,
            selector + 1);
  }

  String ptx() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        .visible .entry %s(.param .u64 x, .param .u64 a, .param .u64 d, .param .u32 words,
            .param .u64 da, .param .u64 db, .param .u32 adds, .param .u64 e) {
          .reg .pred %%p<2>;
          .reg .b32 %%r<9>, %%a<4>, %%e, %%d<%d>;
          .reg .b64 %%q<12>;
          ld.param.u64 %%q1, [x];
          ld.param.u64 %%q2, [a];
          ld.param.u64 %%q3, [d];
          ld.param.u32 %%r2, [words];
          ld.param.u64 %%q4, [da];
          ld.param.u64 %%q5, [db];
          ld.param.u32 %%r4, [adds];
          ld.param.u64 %%q10, [e];
          mov.u32 %%r1, %%tid.x;
          mov.u32 %%r3, %%r1;
          mov.u32 %%r8, sm;
        COPY:
          mul.wide.u32 %%q6, %%r3, 4;
          add.s64 %%q7, %%q1, %%q6;
          ld.global.u32 %%r5, [%%q7];
          shl.b32 %%r6, %%r3, 2;
          add.u32 %%r6, %%r6, %%r8;
          st.shared.u32 [%%r6], %%r5;
          add.u32 %%r3, %%r3, 128;
          setp.lt.u32 %%p1, %%r3, %%r2;
          @%%p1 bra COPY;
          fence.proxy.async.shared::cta;
          bar.sync 0;
          cvt.u64.u32 %%q8, %%r8;
          shr.u64 %%q8, %%q8, 4;
          add.s64 %%q4, %%q4, %%q8;
          add.s64 %%q5, %%q5, %%q8;
          mul.wide.u32 %%q9, %%r1, %d;
          add.s64 %%q3, %%q3, %%q9;
          mul.wide.u32 %%q9, %%r1, 16;
          add.s64 %%q2, %%q2, %%q9;
          setp.ne.u32 %%p1, %%r4, 0;
          mul.wide.u32 %%q9, %%r1, 4;
          add.s64 %%q10, %%q10, %%q9;
          ld.global.u32 %%e, [%%q10];
          ld.global.v4.u32 {%%a0, %%a1, %%a2, %%a3}, [%%q2];
        """
            .formatted(name(), sums(), 4 * sums()));
    List<String> registersD = new ArrayList<>();
    for (int i = 0; i < sums(); i++) {
      registersD.add("%d" + i);
      text.append("  ld.global.u32 %%d%d, [%%q3+%d];%n".formatted(i, 4 * i));
    }
    boolean floats = !part(0).equals("s32");
    text.append(
            "  wgmma.fence.sync.aligned;\n  wgmma.mma_async%s.sync.aligned.m64n"
                .formatted(sparse() ? ".sp" : ""))
        .append("%dk%d.%s%s".formatted(n, k(), types, bits() == 1 ? ".and.popc" : ""))
        .append(" {" + String.join(", ", registersD) + "}, ")
        .append(this.registers ? "{%a0, %a1, %a2, %a3}" : "%q4")
        .append(sparse() ? ", %%q5, %%e, %d, %%p1".formatted(selector) : ", %q5, %p1")
        .append(floats ? ", %d, %d".formatted(signA, signB) : "");
    if (bits() == 16) {
      text.append(this.registers ? "" : turnA ? ", 1" : ", 0").append(turnB ? ", 1" : ", 0");
    }
    text.append(";\n  wgmma.commit_group.sync.aligned;\n  wgmma.wait_group.sync.aligned 0;\n");
    for (int i = 0; i < sums(); i++) {
      text.append("  st.global.u32 [%%q3+%d], %%d%d;%n".formatted(4 * i, i));
    }
    return text.append("  ret;\n}\n").toString();
  }

  static String module(List<WgmmaProduct> all) {
    return HEAD + String.join("\n", all.stream().map(WgmmaProduct::ptx).toList());
  }

  static List<WgmmaProduct> whole(String types, int n) {
    List<WgmmaProduct> all = new ArrayList<>();
    all.add(new WgmmaProduct(types, n, false, false, false, 1, 1, -1));
    all.add(new WgmmaProduct(types, n, true, false, false, 1, types.contains("f") ? -1 : 1, -1));
    if (types.endsWith("f16")) {
      all.add(new WgmmaProduct(types, n, false, true, true, -1, -1, -1));
      all.add(new WgmmaProduct(types, n, true, false, true, -1, 1, -1));
    }
    return all;
  }

  static List<WgmmaProduct> sparse(String types, int n) {
    boolean wide = types.endsWith("f16") || types.endsWith("tf32");
    boolean turns = types.endsWith("f16");
    List<WgmmaProduct> all = new ArrayList<>();
    all.add(new WgmmaProduct(types, n, false, false, false, 1, 1, wide ? 1 : 0));
    all.add(new WgmmaProduct(types, n, true, false, turns, 1, 1, 0));
    return all;
  }
}
