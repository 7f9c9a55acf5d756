package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.BulkCopy;
import dev.hindsight.softgpu.exec.MbarrierOp;
import dev.hindsight.softgpu.exec.MbarrierOp.What;
import dev.hindsight.softgpu.exec.MbarrierWait;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// `mbarrier`, and the copies that it counts: `cp.async.bulk` and `cp.async.mbarrier.arrive`.
final class MbarrierOps {
  private MbarrierOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("mbarrier", MbarrierOps::decode);
  }

  private static Op decode(Operands o, Mods m) {
    String what =
        m.one(
            "init",
            "inval",
            "arrive",
            "arrive_drop",
            "expect_tx",
            "complete_tx",
            "test_wait",
            "try_wait",
            "pending_count");
    // An arrival takes expect_tx for itself.
    boolean arrives = what.startsWith("arrive");
    boolean expects = arrives && m.take("expect_tx");
    boolean parity = m.take("parity");
    m.drop("noComplete", "release", "acquire", "relaxed", "cta", "cluster");
    boolean own = m.takeAny("shared", "shared::cta");
    m.drop("shared::cluster");
    m.want("b64");
    return switch (what) {
      case "init" -> op(What.INIT, o, o.i(1), true);
      case "inval" -> op(What.INVALIDATE, o, one(o), true);
      case "expect_tx" -> op(What.EXPECT, o, o.i(1), own);
      case "complete_tx" -> op(What.COMPLETE, o, o.i(1), own);
      case "arrive", "arrive_drop" -> {
        What how = what.equals("arrive") ? What.ARRIVE : What.DROP;
        boolean named = !(o.get(0) instanceof Operand.Address);
        int at = named ? 1 : 0;
        Ref state = named ? o.ref(0, Type.B64) : Ref.NONE;
        int count = o.count() > at + 1 ? o.i(at + 1) : one(o);
        yield new MbarrierOp(how, place(o, at), state, count, expects, !own);
      }
      case "pending_count" -> o.scalar((a, _, _) -> a & 0xfffff, Type.B32, Type.B64);
      default ->
          new MbarrierWait(
              place(o, 1), o.p(0), parity ? o.ref(2, Type.B32) : o.ref(2, Type.B64), parity);
    };
  }

  private static int one(Operands o) {
    return o.i(new Operand.Int(1));
  }

  private static Op op(What what, Operands o, int count, boolean own) {
    return new MbarrierOp(what, place(o, 0), Ref.NONE, count, false, !own);
  }

  static Place place(Operands o, int index) {
    Operand.Address address = MemoryOps.address(o, o.get(index));
    return MemoryOps.place(o, address, MoveOps.isWide(address.base()));
  }

  /// `cp.async.mbarrier.arrive`.
  static Op copies(Operands o, Mods m) {
    m.want("arrive");
    boolean counted = m.take("noinc");
    m.drop("shared", "shared::cta");
    m.want("b64");
    o.count(1);
    return op(counted ? What.COPIES : What.MORE_COPIES, o, one(o), true);
  }

  /// `cp.async.bulk`.
  static Op bulk(Operands o, Mods m) {
    if (m.take("commit_group")) {
      o.count(0);
      return Scalar.each((w, lane) -> w.bulkReads(lane).commit());
    }
    if (m.take("wait_group")) {
      m.drop("read");
      o.count(1);
      int allowed = (int) o.immediate(0, "a number of groups");
      return Scalar.each((w, lane) -> w.bulkReads(lane).await(w, allowed));
    }
    int policies = MemoryOps.policies(m);
    if (m.take("prefetch")) {
      m.drop("L2", "global");
      o.count(2 + policies);
      return Scalar.each((_, _) -> {});
    }
    boolean out = m.take("bulk_group");
    if (!out) {
      m.want("mbarrier::complete_tx::bytes");
    }
    boolean many = m.take("multicast::cluster");
    boolean global = m.take("global");
    m.one("shared::cluster", "shared::cta");
    if (!global) {
      m.want("shared::cta");
    }
    o.count((out ? 3 : 4) + (many ? 1 : 0) + policies);
    return new BulkCopy(
        place(o, 0),
        place(o, 1),
        out || !global,
        o.i(2),
        out ? null : place(o, 3),
        many ? o.ref(4, Type.B16) : Ref.NONE,
        null);
  }
}
