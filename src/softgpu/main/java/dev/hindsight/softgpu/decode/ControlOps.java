package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.BarrierOp;
import dev.hindsight.softgpu.exec.Branch;
import dev.hindsight.softgpu.exec.Call;
import dev.hindsight.softgpu.exec.Exit;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Return;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Branches, ends, barriers, fences and calls.
final class ControlOps {
  private ControlOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("bra", ControlOps::bra);
    all.put("exit", (_, _) -> new Exit());
    all.put("trap", (_, _) -> stop("Trap: the kernel stopped itself"));
    all.put("brkpt", (_, _) -> stop("Breakpoint: the kernel stopped itself"));
    all.put("bar", (o, m) -> bar(o, m, true));
    all.put("barrier", (o, m) -> bar(o, m, m.take("aligned")));
    all.put("membar", ControlOps::fence);
    all.put("fence", ControlOps::fence);
    all.put("griddepcontrol", ControlOps::dependent);
    all.put("nanosleep", ControlOps::nanosleep);
    all.put("pmevent", ControlOps::nanosleep);
    all.put("call", (o, m) -> m.take("frame") ? call(o, m) : Builtins.call(o, m));
    all.put("ret", (_, _) -> new Return());
  }

  /// A call that [Stack#call] made.
  private static Op call(Operands o, Mods m) {
    m.drop("uni");
    o.count(4);
    Operand target = MemoryOps.address(o, o.get(0)).base();
    return new Call(
        o.ref(target, Type.B64),
        arguments(o, 1),
        arguments(o, 2),
        o.ref(MemoryOps.address(o, o.get(3)).base(), Type.B64));
  }

  private static List<Call.Argument> arguments(Operands o, int index) {
    if (!(o.get(index) instanceof Operand.Arguments(List<Operand> items))) {
      throw o.error("wanted arguments");
    }
    List<Call.Argument> all = new ArrayList<>();
    for (int i = 0; i < items.size(); i += 2) {
      Operand.Address address = MemoryOps.address(o, items.get(i));
      int bytes = items.get(i + 1) instanceof Operand.Int(long value) ? (int) value : 0;
      all.add(new Call.Argument(MemoryOps.place(o, address, true), bytes));
    }
    return List.copyOf(all);
  }

  private static Op bra(Operands o, Mods m) {
    m.drop("uni");
    return new Branch();
  }

  private static Op fence(Operands o, Mods m) {
    boolean wide = m.oneOf("", "gl", "gpu", "sys", "cta").matches("gl|gpu|sys");
    boolean ofCluster = m.take("cluster");
    m.drop("cta", "sc", "acq_rel", "acquire", "release", "proxy");
    if (m.take("async")) {
      boolean elsewhere = m.take("global");
      m.drop("shared::cta", "shared::cluster");
      o.count(0);
      return Op.of(elsewhere ? (_, _) -> {} : (w, _) -> w.block.fenceProxy(w));
    }
    m.drop("mbarrier_init", "alias");
    if (!m.take("tensormap::generic")) {
      o.count(0);
    }
    return wide
        ? Scalar.each((w, _) -> w.block.fence())
        : ofCluster ? Scalar.each((w, _) -> w.block.fenceInCluster()) : Scalar.each((_, _) -> {});
  }

  /// Grids run one after another.
  private static Op dependent(Operands o, Mods m) {
    m.one("launch_dependents", "wait");
    o.count(0);
    return Scalar.each((_, _) -> {});
  }

  private static Op nanosleep(Operands o, Mods m) {
    m.drop("u32", "mask");
    o.count(1);
    return Scalar.each((_, _) -> {});
  }

  private static Op bar(Operands o, Mods m, boolean aligned) {
    if (m.take("warp")) {
      return WarpOps.barWarp(o, m);
    }
    if (m.take("cluster")) {
      return ClusterOps.barrier(o, m, aligned);
    }
    m.drop("cta");
    BarrierOp op = new BarrierOp();
    op.aligned = aligned;
    int at = 0;
    switch (m.one("sync", "arrive", "red")) {
      case "arrive" -> op.waits = false;
      case "red" -> {
        String how = m.oneOf("", "popc", "and", "or");
        if (how.equals("popc")) {
          m.type();
          op.reduce = BarrierOp.Reduce.POPC;
          op.result = o.i(o.get(at++));
        } else {
          m.take("pred");
          op.reduce = how.equals("and") ? BarrierOp.Reduce.AND : BarrierOp.Reduce.OR;
          op.result = o.p(o.get(at++));
        }
      }
      default -> {}
    }
    op.id = o.i(o.get(at++));
    int last = o.count() - (op.reduce == BarrierOp.Reduce.NONE ? 0 : 1);
    if (at < last) {
      op.threads = o.i(o.get(at));
    }
    if (op.reduce != BarrierOp.Reduce.NONE) {
      Operand predicate = o.get(last);
      op.predicate = o.p(predicate);
      op.predicateNegated = Operands.negated(predicate);
    }
    return op;
  }

  /// Ends the launch with a finding.
  private static Op stop(String words) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int lane = Integer.numberOfTrailingZeros(mask);
        w.report(Kind.TRAP, lane, this, () -> new Message(words));
        throw new Abort();
      }
    };
  }
}
