package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.AsyncStore;
import dev.hindsight.softgpu.exec.AtomicOp;
import dev.hindsight.softgpu.exec.Cluster;
import dev.hindsight.softgpu.exec.ClusterArrive;
import dev.hindsight.softgpu.exec.ClusterWait;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// What the blocks of a cluster do with each other: `mapa getctarank`, `barrier.cluster`,
/// `st.async` and `red.async`.
final class ClusterOps {
  /// Ranks above it are those of no cluster, and do not fit an address.
  private static final int LAST_RANK = 254;

  private static final long LOW = 0xffff_ffffL;

  private ClusterOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("mapa", ClusterOps::mapa);
    all.put("getctarank", ClusterOps::rank);
  }

  /// The high half of a generic address, its window, stays.
  private static Op mapa(Operands o, Mods m) {
    m.drop(MemoryOps.OF_CLUSTER);
    Type type = m.type();
    return o.scalar(
        (a, rank, _) -> (a & ~LOW) | (Cluster.map((int) a, (int) Math.min(rank, LAST_RANK)) & LOW),
        type,
        type,
        Type.U32);
  }

  private static Op rank(Operands o, Mods m) {
    m.drop(MemoryOps.OF_CLUSTER);
    Type type = m.type();
    o.count(2);
    Ref d = o.ref(0, Type.U32);
    Ref a = o.ref(1, type);
    return Scalar.each((w, k) -> d.set(w, k, Cluster.rank(w, (int) a.get(w, k))));
  }

  /// `barrier.cluster`.
  static Op barrier(Operands o, Mods m, boolean aligned) {
    boolean arrives = m.either("arrive", "wait");
    boolean relaxed = arrives && m.take("relaxed");
    m.drop(arrives ? "release" : "acquire");
    boolean all = aligned || m.take("aligned");
    o.count(0);
    return arrives ? new ClusterArrive(!relaxed, all) : new ClusterWait();
  }

  /// `st.async`.
  static Op store(Operands o, Mods m) {
    counted(m);
    m.drop("weak", MemoryOps.OF_CLUSTER);
    int count = m.take("v2") ? 2 : m.take("v4") ? 4 : 1;
    Type type = m.type();
    o.count(3);
    List<Operand> items =
        o.get(1) instanceof Operand.Vector(List<Operand> list) ? list : List.of(o.get(1));
    if (items.size() != count || count * type.bytes > 16) {
      throw m.error("wanted " + count + " registers, got " + items.size());
    }
    Ref[] values = items.stream().map(item -> o.ref(item, type)).toArray(Ref[]::new);
    return new AsyncStore(
        MbarrierOps.place(o, 0), MbarrierOps.place(o, 2), values, type.bytes, null);
  }

  /// `red.async`, of which type and operation are known.
  static Op reduction(Operands o, Mods m, Type type, AtomicOp.Update update) {
    counted(m);
    o.count(3);
    Ref[] values = {o.ref(1, type)};
    return new AsyncStore(
        MbarrierOps.place(o, 0), MbarrierOps.place(o, 2), values, type.bytes, update);
  }

  private static void counted(Mods m) {
    m.want("mbarrier::complete_tx::bytes");
  }
}
