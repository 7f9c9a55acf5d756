package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.Allocation;
import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.Bytes;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Variable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The functions that CUDA links into every kernel: `printf` and `assert`.
final class Builtins {
  private static final Pattern DIRECTIVE =
      Pattern.compile("%[-+ #0]*[0-9]*(\\.[0-9]+)?(hh|h|ll|l|z)?[a-zA-Z%]");
  private static final int LONGEST = 4096;

  private Builtins() {}

  static Op call(Operands o, Mods m) {
    m.drop("uni");
    List<Operand> all = o.source().operands();
    int at = all.getFirst() instanceof Operand.Arguments ? 1 : 0;
    if (!(all.get(at) instanceof Operand.Name(String name))
        || !(all.get(at + 1) instanceof Operand.Arguments(List<Operand> arguments))) {
      throw m.error("wanted a function and its arguments");
    }
    int[] offsets = arguments.stream().mapToInt(a -> offset(o, a)).toArray();
    return switch (name) {
      case "vprintf" -> new Printf(offsets);
      case "__assertfail" -> new Assert(offsets);
      default -> throw m.error("function " + name + " is not supported");
    };
  }

  private static int offset(Operands o, Operand argument) {
    if (argument instanceof Operand.Symbol(Variable v, long offset)) {
      return (int) o.layout().address(new Operand.Symbol(v, offset), o);
    }
    throw o.error("wanted a .param variable as argument");
  }

  /// A value that the caller stored for the call, in the local memory of a lane.
  private static long argument(Warp w, int lane, int offset, int bytes) {
    return Bytes.get(w.local, lane * w.block.launch.program.localBytes() + offset, bytes);
  }

  private static String string(Warp w, long address) {
    StringBuilder out = new StringBuilder();
    Allocation a = w.block.launch.memory.find(address, 1);
    for (long i = address; a != null && a.contains(i, 1) && out.length() < LONGEST; i++) {
      byte c = a.bytes[(int) (i - a.base)];
      if (c == 0) {
        break;
      }
      out.append(new String(new byte[] {c}, StandardCharsets.ISO_8859_1));
    }
    return out.toString();
  }

  /// `vprintf(format, arguments)`: prints to standard output.
  private static final class Printf extends Op {
    private final int[] offsets;

    Printf(int[] offsets) {
      this.offsets = offsets;
    }

    @Override
    public void exec(Warp w, int mask) {
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        String format = string(w, argument(w, k, offsets[0], 8));
        long list = argument(w, k, offsets[1], 8);
        System.out.print(formatted(w, k, format, list));
      }
    }

    private static String formatted(Warp w, int lane, String format, long list) {
      Matcher matcher = DIRECTIVE.matcher(format);
      StringBuilder out = new StringBuilder();
      int end = 0;
      int at = (int) (list - Place.LOCAL_WINDOW);
      while (matcher.find()) {
        out.append(format, end, matcher.start());
        end = matcher.end();
        String one = matcher.group();
        char kind = one.charAt(one.length() - 1);
        if (kind == '%') {
          out.append('%');
          continue;
        }
        boolean wide = one.contains("l") || one.contains("z") || "feEgGaAps".indexOf(kind) >= 0;
        int bytes = wide ? 8 : 4;
        at = (at + bytes - 1) / bytes * bytes;
        out.append(value(w, one, kind, argument(w, lane, at, bytes), wide));
        at += bytes;
      }
      return out.append(format.substring(end)).toString();
    }

    private static String value(Warp w, String one, char kind, long bits, boolean wide) {
      String flags = one.replaceAll("(hh|h|ll|l|z)?[a-zA-Z]$", "");
      return switch (kind) {
        case 'd', 'i' -> String.format(flags + "d", wide ? bits : (int) bits);
        case 'u' -> wide ? Long.toUnsignedString(bits) : Long.toString(bits);
        case 'x', 'X', 'o' -> String.format(flags + kind, bits);
        case 'c' -> String.valueOf((char) bits);
        case 's' -> string(w, bits);
        case 'p' -> String.format("0x%x", bits);
        default -> String.format(flags + kind, Double.longBitsToDouble(bits));
      };
    }
  }

  /// `__assertfail(message, file, line, function, charSize)`: ends the launch.
  private static final class Assert extends Op {
    private final int[] offsets;

    Assert(int[] offsets) {
      this.offsets = offsets;
    }

    @Override
    public void exec(Warp w, int mask) {
      int k = Integer.numberOfTrailingZeros(mask);
      w.report(
          Kind.ASSERTION,
          k,
          this,
          () ->
              new Message(
                  "Assertion failed: " + string(w, argument(w, k, offsets[0], 8)),
                  "in "
                      + string(w, argument(w, k, offsets[3], 8))
                      + ", "
                      + string(w, argument(w, k, offsets[1], 8))
                      + ":"
                      + argument(w, k, offsets[2], 4)));
      throw new Abort();
    }
  }
}
