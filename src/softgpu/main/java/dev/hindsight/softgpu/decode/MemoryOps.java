package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.exec.Access;
import dev.hindsight.softgpu.exec.Data;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Place;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `ld st ldu prefetch`. Cache hints change nothing, and orders of memory only what the check for
/// races between blocks says: every access is performed at once.
final class MemoryOps {
  private static final String[] SPACES = {"global", "shared", "local", "param", "const"};

  /// Shared memory of all blocks of a cluster.
  static final String OF_CLUSTER = "shared::cluster";

  private static final String[] HINTS = {"ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc"};

  private MemoryOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("ld", (o, m) -> decode(o, m, false));
    all.put("ldu", (o, m) -> decode(o, m, false));
    all.put("st", (o, m) -> m.take("async") ? ClusterOps.store(o, m) : decode(o, m, true));
    all.put("prefetch", MemoryOps::prefetch);
    all.put("prefetchu", MemoryOps::prefetch);
  }

  static void dropHints(Mods m) {
    m.drop(HINTS);
    m.dropPrefix("L1::");
    m.dropPrefix("L2::");
  }

  /// What an access promises to other blocks. A volatile one is relaxed, and its scope the system.
  static MemoryOrder order(Mods m, MemoryOrder unsaid) {
    boolean isVolatile = m.takeAny("volatile", "mmio");
    String sem = m.oneOf("", "relaxed", "acquire", "release", "acq_rel", "weak");
    String scope = m.oneOf("", "cta", "cluster", "gpu", "sys");
    if (sem.equals("weak") || scope.equals("cta")) {
      return MemoryOrder.WEAK;
    }
    MemoryOrder order =
        sem.isEmpty()
            ? isVolatile ? MemoryOrder.RELAXED : unsaid
            : MemoryOrder.valueOf(sem.toUpperCase(Locale.ROOT));
    return scope.equals("cluster") && order != MemoryOrder.WEAK
        ? MemoryOrder.valueOf(order + "_IN_CLUSTER")
        : order;
  }

  /// How many operands, the last ones, are policies of the cache.
  static int policies(Mods m) {
    return m.take("L2::cache_hint") ? 1 : 0;
  }

  static String space(Mods m) {
    if (m.take("shared::cta")) {
      return "shared";
    }
    if (m.take(OF_CLUSTER)) {
      return OF_CLUSTER;
    }
    if (m.take("param::entry") || m.take("param::func")) {
      return "param";
    }
    return m.oneOf("", SPACES);
  }

  private static Op decode(Operands o, Mods m, boolean store) {
    String space = space(m);
    MemoryOrder order = order(m, MemoryOrder.WEAK);
    int policies = policies(m);
    dropHints(m);
    int count = m.take("v2") ? 2 : m.take("v4") ? 4 : m.take("v8") ? 8 : 1;
    Type type = m.type();
    o.count(2 + policies);
    Operand.Address address = address(o, o.get(store ? 0 : 1));
    Operand value = o.get(store ? 1 : 0);
    List<Operand> items =
        value instanceof Operand.Vector(List<Operand> list) ? list : List.of(value);
    if (items.size() != count || count * type.bytes > 32 || type == Type.PRED) {
      throw m.error("wanted " + count + " registers, got " + items.size());
    }
    Data data = data(o, items, type);
    boolean wide = MoveOps.isWide(address.base()) || space.isEmpty() || space.equals("global");
    wide |= address.base() instanceof Operand.Symbol;
    Place place = place(o, address, wide);
    return switch (space) {
      case "global", "const" -> new Access.Global(place, data, store, order);
      case "shared" -> new Access.Shared(place, data, store, false);
      case OF_CLUSTER -> new Access.Shared(place, data, store, true);
      case "local" -> new Access.Local(place, data, store);
      case "param" -> param(o, m, address, place, data, store);
      default -> new Access.Generic(place, data, store, order);
    };
  }

  private static Op param(
      Operands o, Mods m, Operand.Address address, Place place, Data data, boolean store) {
    boolean ofKernel =
        !(address.base() instanceof Operand.Symbol(Variable v, _))
            || o.layout().isKernelParameter(v);
    if (!ofKernel) {
      return new Access.Local(place, data, store);
    }
    if (store) {
      throw m.error("kernel parameters are read-only");
    }
    return new Access.Param(place, data);
  }

  static Operand.Address address(Operands o, Operand operand) {
    if (operand instanceof Operand.Address address) {
      return address;
    }
    if (operand instanceof Operand.Symbol symbol) {
      return new Operand.Address(symbol, 0); // `name[1]`
    }
    throw o.error("wanted an address in brackets, got " + operand);
  }

  static Place place(Operands o, Operand.Address address, boolean wide) {
    Operand base = address.base();
    if (base instanceof Operand.Symbol(Variable v, long offset)) {
      return new Place(o.l(new Operand.Symbol(v, offset + address.offset())), true, 0);
    }
    return wide
        ? new Place(o.l(base), true, address.offset())
        : new Place(o.i(base), false, address.offset());
  }

  static Data data(Operands o, List<Operand> items, Type type) {
    Data.Register[] files = new Data.Register[items.size()];
    int[] indices = new int[items.size()];
    for (int i = 0; i < files.length; i++) {
      Operand item = items.get(i);
      if (item instanceof Operand.Reg && type == Type.F32) {
        o.vote(item, true);
      }
      Ref ref = item instanceof Operand.Reg ? o.plain(item) : constant(o, item, type);
      indices[i] = ref.index();
      files[i] =
          switch (ref.file()) {
            case INT -> Data.Register.INT;
            case SHORT -> Data.Register.SHORT;
            case FLOAT -> Data.Register.FLOAT;
            case LONG -> Data.Register.LONG;
            default -> throw o.error("wanted a register, got " + item);
          };
      if (files[i] == Data.Register.FLOAT && type.bytes != 4) {
        // Narrow loads and stores want bits.
        o.vote(item, false);
        o.vote(item, false);
        o.vote(item, false);
        o.vote(item, false);
      }
      if (item instanceof Operand.Reg(Register r, _) && r.type.bytes < type.bytes) {
        throw o.error("register " + r + " is too narrow");
      }
    }
    return new Data(type.bytes, type.signed(), files, indices);
  }

  private static Ref constant(Operands o, Operand item, Type type) {
    return item instanceof Operand.Ignored ? o.sink(type) : o.ref(item, type);
  }

  private static Op prefetch(Operands o, Mods m) {
    space(m);
    m.drop("L1", "L2", "tensormap");
    dropHints(m);
    o.count(1);
    return Scalar.each((_, _) -> {});
  }

  /// Where generic addresses of a space start.
  static long window(String space, Mods m) {
    return switch (space) {
      case "global", "const" -> 0;
      case "shared", OF_CLUSTER -> Place.SHARED_WINDOW;
      case "local" -> Place.LOCAL_WINDOW;
      case "param" -> Place.PARAM_WINDOW;
      default -> throw m.error("wanted a state space");
    };
  }

  static boolean isIn(long address, long window) {
    if (window != 0) {
      return address - window >= 0 && address - window < Place.WINDOW_BYTES;
    }
    return !isIn(address, Place.SHARED_WINDOW)
        && !isIn(address, Place.LOCAL_WINDOW)
        && !isIn(address, Place.PARAM_WINDOW);
  }
}
