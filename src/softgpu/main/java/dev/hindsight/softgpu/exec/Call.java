package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A call of a function that is not copied to its caller: it is called through a register, or it
/// calls itself. What the caller still needs of its registers is kept with the call.
public final class Call extends Jump {
  /// A function that can be called.
  ///
  /// @param start where its code begins
  /// @param frame bytes of its local memory, parameters and results among them
  public record Callee(
      String name, int start, int frame, List<Slot> parameters, List<Slot> results) {}

  /// A parameter or result in the frame of a function.
  public record Slot(int offset, int bytes) {}

  /// What the caller passes, or where it wants a result.
  public record Argument(Place place, int bytes) {}

  private final Ref target;
  final List<Argument> arguments;
  final List<Argument> results;

  /// The register that holds where the frame of the running function lies in local memory.
  final Ref frame;

  /// By address; the same in all calls of a program.
  public Map<Long, Callee> functions = Map.of();

  /// Registers that the caller needs behind the call.
  public Ref[] kept = {};

  /// Where the stack of a thread begins in its local memory.
  public int stack;

  public Call(Ref target, List<Argument> arguments, List<Argument> results, Ref frame) {
    this.target = target;
    this.arguments = arguments;
    this.results = results;
    this.frame = frame;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Callee callee = functions.get(target.get(w, lane));
      if (callee == null || !fits(arguments, callee.parameters) || !fits(results, callee.results)) {
        refuse(w, lane, callee);
        throw new Abort();
      }
      int base = w.calls.enter(this, w, lane, callee);
      for (int i = 0; i < arguments.size(); i++) {
        Argument argument = arguments.get(i);
        int to = base + callee.parameters.get(i).offset;
        w.copyLocal(lane, argument.place.offset(w, lane), to, argument.bytes);
      }
      frame.set(w, lane, base);
      w.calls.next[lane] = callee.start;
    }
  }

  private static boolean fits(List<Argument> given, List<Slot> wanted) {
    boolean fits = given.size() == wanted.size();
    for (int i = 0; fits && i < given.size(); i++) {
      fits = given.get(i).bytes == wanted.get(i).bytes;
    }
    return fits;
  }

  private void refuse(Warp w, int lane, @Nullable Callee callee) {
    long address = target.get(w, lane);
    w.report(
        Kind.BAD_CALL,
        lane,
        this,
        () ->
            callee == null
                ? new Message(
                    String.format("Bad call: 0x%x is no function of the module", address),
                    "an object of the host has the host's functions, and memory that nobody wrote"
                        + " has none")
                : new Message(
                    "Bad call: " + callee.name + " has other parameters than are passed"));
  }
}
