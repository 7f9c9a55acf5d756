package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// The calls that the threads of a warp are in, and their stacks in local memory.
final class Calls {
  /// A call under way: its frame, the one of the caller, and the caller's registers.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Active(
      Call call, Call.Callee callee, int base, long callersBase, long[] registers) {}

  private final @Nullable Deque<Active>[] active;

  /// Where a lane that jumps goes.
  final int[] next = new int[Warp.LANES];

  @SuppressWarnings({"unchecked", "rawtypes"}) // there are no arrays of generic types
  Calls() {
    active = new Deque[Warp.LANES];
  }

  void reset() {
    Arrays.fill(active, null);
  }

  /// Makes a frame for the function that a lane calls; returns where it lies.
  int enter(Call call, Warp w, int lane, Call.Callee callee) {
    Deque<Active> calls = active[lane];
    if (calls == null) {
      calls = new ArrayDeque<>();
      active[lane] = calls;
    }
    Active caller = calls.peek();
    int base = caller == null ? call.stack : caller.base + caller.callee.frame();
    if (base + callee.frame() > w.block.launch.program.localBytes()) {
      int depth = calls.size();
      w.report(
          Kind.BAD_CALL,
          lane,
          call,
          () ->
              new Message(
                  "Stack overflow: %s is called at depth %,d and %,d bytes of stack are used"
                      .formatted(callee.name(), depth, base - call.stack)));
      throw new Abort();
    }
    long[] registers = new long[call.kept.length];
    for (int r = 0; r < registers.length; r++) {
      registers[r] = call.kept[r].get(w, lane);
    }
    calls.push(new Active(call, callee, base, call.frame.get(w, lane), registers));
    w.clearLocal(lane, base, callee.frame());
    return base;
  }

  /// Hands the results to the caller, with its registers as they were; returns where it goes on.
  int leave(Warp w, int lane) {
    Deque<Active> calls = active[lane];
    if (calls == null) {
      throw new IllegalStateException("a return without a call");
    }
    Active ended = calls.pop();
    Call call = ended.call;
    for (int r = 0; r < ended.registers.length; r++) {
      call.kept[r].set(w, lane, ended.registers[r]);
    }
    call.frame.set(w, lane, ended.callersBase);
    for (int i = 0; i < call.results.size(); i++) {
      Call.Argument result = call.results.get(i);
      int from = ended.base + ended.callee.results().get(i).offset();
      w.copyLocal(lane, from, result.place().offset(w, lane), result.bytes());
    }
    if (w.taint != null) {
      w.taint.forget(lane);
    }
    return call.pc + 1;
  }
}
