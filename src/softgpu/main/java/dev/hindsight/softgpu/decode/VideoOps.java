package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// SIMD video instructions: `vadd vsub vavrg vabsdiff vmin vmax vset` of 2 halves or 4 bytes, whole
/// registers. `.add` sums what the parts give and adds the last operand.
final class VideoOps {
  private VideoOps() {}

  /// What a part gives, of parts that are extended as their types say.
  private interface Part {
    long apply(long a, long b);
  }

  static void register(Map<String, Decoder.Handler> all) {
    for (String base : List.of("vadd", "vsub", "vavrg", "vabsdiff", "vmin", "vmax", "vset")) {
      all.put(base + 2, (o, m) -> decode(o, m, base, 16));
      all.put(base + 4, (o, m) -> decode(o, m, base, 8));
    }
  }

  private static Op decode(Operands o, Mods m, String base, int width) {
    boolean set = base.equals("vset");
    boolean signed = !set && m.type().signed();
    boolean signedA = m.type().signed();
    boolean signedB = m.type().signed();
    boolean clamp = m.take("sat");
    boolean sum = m.take("add");
    Part part = set ? comparison(m) : part(base);
    long lowest = signed ? -1L << (width - 1) : 0;
    long highest = lowest + (1L << width) - 1;
    for (int i = 0; i < o.count(); i++) {
      if (o.get(i) instanceof Operand.Special || o.get(i) instanceof Operand.Name) {
        throw m.error("parts that are selected, such as .b0, are not supported");
      }
    }
    return o.scalar(
        4,
        Type.B32,
        (a, b, c) -> {
          long total = sum ? c : 0;
          for (int at = 0; at < 32; at += width) {
            long one =
                part.apply(
                    Conversions.extend(a >> at, width, signedA),
                    Conversions.extend(b >> at, width, signedB));
            one = clamp ? Math.clamp(one, lowest, highest) : one;
            total += sum ? one : (one & (1L << width) - 1) << at;
          }
          return total;
        });
  }

  private static Part part(String base) {
    return switch (base) {
      case "vadd" -> (a, b) -> a + b;
      case "vsub" -> (a, b) -> a - b;
      case "vavrg" -> (a, b) -> (a + b >= 0 ? a + b + 1 : a + b) >> 1;
      case "vabsdiff" -> (a, b) -> Math.abs(a - b);
      case "vmin" -> Math::min;
      default -> Math::max;
    };
  }

  private static Part comparison(Mods m) {
    return switch (m.one("eq", "ne", "lt", "le", "gt", "ge")) {
      case "eq" -> (a, b) -> a == b ? 1 : 0;
      case "ne" -> (a, b) -> a != b ? 1 : 0;
      case "lt" -> (a, b) -> a < b ? 1 : 0;
      case "le" -> (a, b) -> a <= b ? 1 : 0;
      case "gt" -> (a, b) -> a > b ? 1 : 0;
      default -> (a, b) -> a >= b ? 1 : 0;
    };
  }
}
