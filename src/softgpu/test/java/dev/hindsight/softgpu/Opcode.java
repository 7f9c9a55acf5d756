package dev.hindsight.softgpu;

import java.util.List;

/// One instruction under test: its text with `$d $a $b $c` for registers, its types, and what one
/// lane must compute, on raw bits.
///
/// @param types of d, a, b, c, as PTX names: `f32`, `u64`, `pred`
record Opcode(String text, List<String> types, Lane lane) {
  /// Expected bits of the result.
  interface Lane {
    long apply(long a, long b, long c);
  }

  static float real(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  static long canonical(float value) {
    return (Float.isNaN(value) ? 0x7fffffff : Float.floatToRawIntBits(value)) & 0xffffffffL;
  }

  int bytes(int index) {
    return switch (types.get(index)) {
      case "pred" -> 4;
      case "f16x2", "bf16x2" -> 4;
      case String t when t.endsWith("8") -> 1;
      case String t when t.endsWith("16") -> 2;
      case String t when t.endsWith("64") -> 8;
      default -> 4;
    };
  }

  /// A kernel of this name: thread t applies the instruction to `a[t]`, `b[t]`, `c[t]` and stores
  /// `d[t]`.
  String kernel(String name) {
    StringBuilder out = new StringBuilder();
    out.append(".visible .entry ").append(name).append("(.param .u64 pd, .param .u64 pa, ");
    out.append(".param .u64 pb, .param .u64 pc) {\n  .reg .pred %p<4>;\n  .reg .b64 %q<8>;\n");
    out.append("  .reg .b32 %t<4>;\n  mov.u32 %t0, %tid.x;\n");
    String[] names = {"d", "a", "b", "c"};
    for (int i = 0; i < types.size(); i++) {
      out.append("  .reg .").append(register(types.get(i))).append(" %v").append(names[i]);
      out.append(";\n  ld.param.u64 %q").append(i).append(", [p").append(names[i]).append("];\n");
      out.append("  cvta.to.global.u64 %q").append(i).append(", %q").append(i).append(";\n");
      out.append("  mad.wide.u32 %q").append(i).append(", %t0, ").append(bytes(i));
      out.append(", %q").append(i).append(";\n");
      if (i > 0) {
        load(out, i, names[i]);
      }
    }
    String body = text;
    for (String each : names) {
      body = body.replace("$" + each, "%v" + each);
    }
    out.append("  ").append(body).append(";\n");
    if (types.getFirst().equals("pred")) {
      out.append("  selp.u32 %t1, 1, 0, %vd;\n  st.global.u32 [%q0], %t1;\n");
    } else {
      out.append("  st.global.b").append(bytes(0) * 8).append(" [%q0], %vd;\n");
    }
    return out.append("  ret;\n}\n").toString();
  }

  private void load(StringBuilder out, int index, String name) {
    if (types.get(index).equals("pred")) {
      out.append("  ld.global.u32 %t1, [%q").append(index).append("];\n");
      out.append("  and.b32 %t1, %t1, 1;\n  setp.ne.u32 %v").append(name).append(", %t1, 0;\n");
    } else {
      out.append("  ld.global.b").append(bytes(index) * 8).append(" %v").append(name);
      out.append(", [%q").append(index).append("];\n");
    }
  }

  private static String register(String type) {
    return switch (type) {
      case "f16", "bf16" -> "b16";
      case "b8", "u8", "s8" -> "b16";
      case "f16x2", "bf16x2" -> "b32";
      default -> type;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
