package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Call;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.ptx.Module;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Tells the calls of a kernel which functions there are, and what they must keep for the caller.
final class Linker {
  private final Module module;
  private final Inliner inliner;
  private final List<Liveness.Lifetime> lifetimes;

  Linker(Module module, Inliner inliner, Liveness liveness) {
    this.module = module;
    this.inliner = inliner;
    this.lifetimes = liveness.lifetimes();
  }

  void link(Op[] code, Slots slots, Layout layout) {
    Map<Long, Call.Callee> functions = new HashMap<>();
    inliner.stacks.forEach(
        (function, stack) -> functions.put(module.address(function.name()), stack.callee()));
    for (Op op : code) {
      if (op instanceof Call call) {
        call.functions = functions;
        call.stack = layout.stack();
        List<Ref> kept = new ArrayList<>();
        for (Liveness.Lifetime each : lifetimes) {
          if (each.first() < op.pc && each.last() > op.pc && each.register() != Stack.FRAME) {
            kept.add(slots.ref(each.register()));
          }
        }
        call.kept = kept.toArray(Ref[]::new);
      }
    }
  }
}
