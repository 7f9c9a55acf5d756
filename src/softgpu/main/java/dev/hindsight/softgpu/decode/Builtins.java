package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.CString;
import dev.hindsight.softgpu.exec.DeviceWork;
import dev.hindsight.softgpu.exec.Heap;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Printf;
import dev.hindsight.softgpu.exec.SetConditional;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The functions that CUDA links into every kernel: `printf`, `assert`, `malloc` and `free`, and
/// into those that launch kernels or decide what a graph does.
final class Builtins {
  private static final Map<String, DeviceWork.Asked> OF_KERNELS =
      Map.of(
          "__cudaCDP2GetParameterBufferV2", DeviceWork.Asked.PREPARE,
          "__cudaCDP2LaunchDeviceV2", DeviceWork.Asked.LAUNCH,
          "__cudaCDP2MemcpyAsync", DeviceWork.Asked.COPY,
          "__cudaCDP2MemsetAsync", DeviceWork.Asked.FILL);

  private static final String DECIDE = "cudaGraphSetConditional";

  private static final Set<String> FUNCTIONS =
      Set.of("vprintf", "__assertfail", "malloc", "free", DECIDE);

  private Builtins() {}

  static boolean has(String function) {
    return FUNCTIONS.contains(function) || OF_KERNELS.containsKey(function);
  }

  static Op call(Operands o, Mods m) {
    m.drop("uni");
    List<Operand> all = o.source().operands();
    List<Operand> results =
        all.getFirst() instanceof Operand.Arguments(List<Operand> items) ? items : List.of();
    int at = results.isEmpty() ? 0 : 1;
    if (!(all.get(at) instanceof Operand.Name(String name))
        || !(all.get(at + 1) instanceof Operand.Arguments(List<Operand> arguments))) {
      throw m.error("wanted a function and its arguments");
    }
    int[] offsets = offsets(o, arguments);
    DeviceWork.Asked asked = OF_KERNELS.get(name);
    if (asked != null) {
      return new DeviceWork(asked, offsets, offsets(o, results));
    }
    return switch (name) {
      case "vprintf" -> new Printf(offsets[0], offsets[1], offsets(o, results));
      case "malloc", "free" -> new Heap(name.equals("free"), offsets[0], offsets(o, results));
      case DECIDE -> new SetConditional(offsets[0], offsets[1]);
      case "__assertfail" -> fail(offsets);
      default -> throw m.error("function " + name + " is not supported");
    };
  }

  private static int[] offsets(Operands o, List<Operand> variables) {
    return variables.stream().mapToInt(v -> offset(o, v)).toArray();
  }

  private static int offset(Operands o, Operand argument) {
    if (argument instanceof Operand.Symbol(Variable v, long offset)) {
      return (int) o.layout().address(new Operand.Symbol(v, offset), o);
    }
    throw o.error("wanted a .param variable as argument");
  }

  /// `__assertfail(message, file, line, function, charSize)`: ends the launch.
  private static Op fail(int[] offsets) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int k = Integer.numberOfTrailingZeros(mask);
        w.report(
            Kind.ASSERTION,
            k,
            this,
            () ->
                new Message(
                    "Assertion failed: " + text(w, k, offsets[0]),
                    "in %s, %s:%d"
                        .formatted(
                            text(w, k, offsets[3]),
                            text(w, k, offsets[1]),
                            w.localBytes(k, offsets[2], 4))));
        throw new Abort();
      }
    };
  }

  private static String text(Warp w, int lane, int offset) {
    return CString.read(w, lane, w.localBytes(lane, offset, 8));
  }
}
