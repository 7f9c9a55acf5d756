package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import dev.hindsight.softgpu.exec.AtomicOp;
import dev.hindsight.softgpu.exec.BulkCopy;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.TensorCopy;
import dev.hindsight.softgpu.exec.TensorCopy.Part;
import dev.hindsight.softgpu.exec.TensorCopy.What;
import dev.hindsight.softgpu.exec.TensorMapOp;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `cp.async.bulk.tensor`, `cp.reduce.async.bulk` with and without a tensor, and `tensormap`.
final class TensorOps {
  private static final String OPERATIONS = "add|min|max|inc|dec|and|or|xor";

  /// What each operation combines, in tensors.
  private static final Map<String, List<Element>> COMBINED =
      Map.of(
          "add",
          List.of(Element.U32, Element.S32, Element.U64, Element.F32, Element.F16, Element.BF16),
          "min",
          List.of(Element.U32, Element.S32, Element.U64, Element.S64, Element.F16, Element.BF16),
          "inc",
          List.of(Element.U32),
          "and",
          List.of(Element.U32, Element.S32, Element.U64, Element.S64));

  private TensorOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("tensormap", TensorOps::map);
  }

  /// Where a map lies. Its address is generic; a parameter may be named.
  private static Place map(Operands o, Operand.Address address) {
    boolean parameter =
        address.base() instanceof Operand.Symbol(Variable v, _) && o.layout().isKernelParameter(v);
    Place place = MemoryOps.place(o, address, true);
    return parameter ? new Place(place.code(), true, place.distance() + Place.PARAM_WINDOW) : place;
  }

  private static Part part(Operands o, int index, int rank, boolean columns, Ref[] offsets) {
    if (!(o.get(index) instanceof Operand.Arguments(List<Operand> items))
        || items.size() != rank + 1) {
      throw o.error("wanted a tensor map and " + rank + " coordinates in brackets");
    }
    Ref[] coordinates = new Ref[rank];
    for (int d = 0; d < rank; d++) {
      coordinates[d] = o.ref(MemoryOps.address(o, items.get(d + 1)).base(), Type.B32);
    }
    return new Part(map(o, MemoryOps.address(o, items.getFirst())), coordinates, offsets, columns);
  }

  static Op copy(Operands o, Mods m, boolean reduces) {
    boolean prefetches = m.take("prefetch");
    String found = m.takeMatching("[1-5]d");
    if (found.isEmpty()) {
      throw m.error("wanted .1d, .2d, .3d, .4d or .5d");
    }
    int rank = found.charAt(0) - '0';
    boolean free = m.take("im2col_no_offs");
    boolean columns = m.take("im2col");
    m.drop("tile");
    if ((columns || free) && rank < 3) {
      throw m.error("wanted 3 dimensions or more for .im2col");
    }
    int policies = MemoryOps.policies(m);
    boolean several = m.take("multicast::cluster");
    int given = columns ? 1 : 0;
    m.want("global");
    if (prefetches) {
      m.want("L2");
      o.count(1 + given + policies);
      Part part = part(o, 0, rank, columns, offsets(o, 1, columns ? rank : 0));
      Place none = nowhere(o);
      return new TensorCopy(What.PREFETCH, part, none, none, Ref.NONE, Map.of());
    }
    if (m.take("bulk_group")) {
      m.want("shared::cta");
      o.count(2 + policies);
      Part part = part(o, 0, rank, columns || free, new Ref[0]);
      What what = reduces ? What.REDUCE : What.STORE;
      Map<Element, AtomicOp.Update> updates = reduces ? updates(m) : Map.of();
      return new TensorCopy(what, part, MbarrierOps.place(o, 1), nowhere(o), Ref.NONE, updates);
    }
    m.want("mbarrier::complete_tx::bytes");
    m.one("shared::cluster", "shared::cta");
    o.count(3 + given + (several ? 1 : 0) + policies);
    Part part = part(o, 1, rank, columns, offsets(o, 3, columns ? rank : 0));
    Ref ranks = several ? o.ref(3 + given, Type.B16) : Ref.NONE;
    return new TensorCopy(
        What.LOAD, part, MbarrierOps.place(o, 0), MbarrierOps.place(o, 2), ranks, Map.of());
  }

  private static Place nowhere(Operands o) {
    return new Place(o.i(new Operand.Int(0)), false, 0);
  }

  /// Those of columns, two fewer than dimensions.
  private static Ref[] offsets(Operands o, int index, int rank) {
    if (rank == 0) {
      return new Ref[0];
    }
    List<Operand> items =
        o.get(index) instanceof Operand.Vector(List<Operand> list) ? list : List.of(o.get(index));
    if (items.size() != rank - 2) {
      throw o.error("wanted %d offsets, got %d".formatted(rank - 2, items.size()));
    }
    return items.stream().map(item -> o.ref(item, Type.B16)).toArray(Ref[]::new);
  }

  private static String operation(Mods m) {
    String what = m.takeMatching(OPERATIONS);
    if (what.isEmpty()) {
      throw m.error("wanted an operation such as .add");
    }
    return what;
  }

  private static Map<Element, AtomicOp.Update> updates(Mods m) {
    String what = operation(m);
    String like =
        switch (what) {
          case "max" -> "min";
          case "dec" -> "inc";
          case "or", "xor" -> "and";
          default -> what;
        };
    Map<Element, AtomicOp.Update> all = new EnumMap<>(Element.class);
    for (Element of : COMBINED.getOrDefault(like, List.of())) {
      all.put(of, AtomicOps.update(m, what, Type.valueOf(of.name()), true));
    }
    AtomicOp.Update floats = all.get(Element.F32);
    if (floats != null) {
      all.put(Element.F32_FTZ, floats);
    }
    return all;
  }

  /// `cp.reduce.async.bulk`.
  static Op reduction(Operands o, Mods m) {
    int policies = MemoryOps.policies(m);
    boolean out = m.take("bulk_group");
    if (!out) {
      m.want("mbarrier::complete_tx::bytes");
      m.want("shared::cluster");
    } else {
      m.want("global");
    }
    m.want("shared::cta");
    m.drop("noftz");
    String what = operation(m);
    Type type = m.type();
    o.count((out ? 3 : 4) + policies);
    return new BulkCopy(
        MbarrierOps.place(o, 0),
        MbarrierOps.place(o, 1),
        true,
        o.i(2),
        out ? null : MbarrierOps.place(o, 3),
        Ref.NONE,
        new BulkCopy.Reduction(type.bytes, AtomicOps.update(m, what, type, true)));
  }

  private static Op map(Operands o, Mods m) {
    if (m.take("cp_fenceproxy")) {
      m.drop("global", "shared::cta", "tensormap::generic", "release", "acquire");
      m.drop("cta", "cluster", "gpu", "sys");
      MatrixOps.aligned(m);
      if (o.immediate(2, "128") != 128) {
        throw m.error("wanted 128 bytes");
      }
      return new TensorMapOp.Copy(MbarrierOps.place(o, 0), MbarrierOps.place(o, 1));
    }
    m.want("replace");
    m.want("tile");
    String space = MemoryOps.space(m);
    m.want("b1024");
    Field field =
        Field.valueOf(
            m.one(
                    "global_address",
                    "rank",
                    "box_dim",
                    "global_dim",
                    "global_stride",
                    "element_stride",
                    "elemtype",
                    "interleave_layout",
                    "swizzle_mode",
                    "fill_mode")
                .toUpperCase(Locale.ROOT));
    Type type = m.type();
    boolean indexed = field.count > 1;
    o.count(indexed ? 3 : 2);
    long index = indexed ? o.immediate(1, "the number of a dimension") : 0;
    if (index < 0 || index >= field.count) {
      throw m.error("wanted dimension 0 to %d, got %d".formatted(field.count - 1, index));
    }
    Operand.Address address = MemoryOps.address(o, o.get(0));
    Place place = MemoryOps.place(o, address, MoveOps.isWide(address.base()));
    long window = space.isEmpty() ? 0 : MemoryOps.window(space, m);
    return new TensorMapOp(place, window, field, (int) index, o.ref(indexed ? 2 : 1, type));
  }
}
