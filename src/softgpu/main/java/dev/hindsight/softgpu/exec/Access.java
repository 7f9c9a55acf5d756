package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.check.Abort;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.check.MemoryOrder;
import dev.hindsight.softgpu.check.Use;
import org.jspecify.annotations.Nullable;

/// Loads and stores.
public final class Access {
  private Access() {}

  /// `ld` and `st` of one space.
  public abstract static class Memory extends Op {
    final Place place;
    public final Data data;
    final boolean store;

    Memory(Place place, Data data, boolean store) {
      this.place = place;
      this.data = data;
      this.store = store;
    }
  }

  public static final class Global extends Memory {
    private final GlobalSpace space;

    public Global(Place place, Data data, boolean store, MemoryOrder order) {
      super(place, data, store);
      space =
          new GlobalSpace(
              this,
              data.width(),
              store ? Use.WRITE : Use.READ,
              order,
              store ? data::store : data::load);
    }

    @Override
    public void exec(Warp w, int mask) {
      at(w, mask, place.addresses(w));
    }

    void at(Warp w, int mask, long[] addresses) {
      int good = space.access(w, mask, addresses);
      Taint taint = w.taint;
      if (store && taint != null) {
        taint.storedGlobal(pc, good, addresses, data);
      }
      if (good != mask && !store) {
        data.clear(w, mask & ~good);
      }
    }
  }

  public static final class Shared extends Memory {
    /// Whether it may reach other blocks of the cluster.
    private final boolean cluster;

    public Shared(Place place, Data data, boolean store, boolean cluster) {
      super(place, data, store);
      this.cluster = cluster;
    }

    @Override
    public void exec(Warp w, int mask) {
      at(this, w, mask, place.offsets(w));
    }

    void at(Op op, Warp w, int mask, int[] offsets) {
      if (cluster && Cluster.leaves(mask, offsets)) {
        int reached =
            w.block.cluster.each(
                w, op, mask, offsets, (memory, lanes) -> at(op, w, memory, lanes, offsets));
        if (!store) {
          data.clear(w, mask & ~reached);
        }
      } else {
        at(op, w, w.block.shared, mask, offsets);
      }
    }

    private void at(Op op, Warp w, SharedMemory memory, int mask, int[] offsets) {
      Counters counters = w.block.counters;
      if (counters != null) {
        counters.shared(op.pc, mask, offsets, data.width());
      }
      if (store) {
        int ok = memory.write(w, op, mask, offsets, data.width(), false, data);
        data.store(w, ok, memory.bytes, offsets);
        Taint taint = w.taint;
        for (int rest = taint == null ? 0 : ok; taint != null && rest != 0; rest &= rest - 1) {
          int k = Integer.numberOfTrailingZeros(rest);
          memory.unwrite(offsets[k], taint.stored(op.pc, k, data, Taint.Stored.SHARED));
        }
      } else {
        int ok = memory.read(w, op, mask, offsets, data.width(), data);
        data.load(w, ok, memory.bytes, offsets);
        if (ok != mask) {
          data.clear(w, mask & ~ok);
        }
      }
    }
  }

  /// Local memory of a thread, and parameters of inlined functions.
  public static final class Local extends Memory {
    public Local(Place place, Data data, boolean store) {
      super(place, data, store);
    }

    @Override
    public void exec(Warp w, int mask) {
      at(this, w, mask, place.offsets(w));
    }

    void at(Op op, Warp w, int mask, int[] offsets) {
      int each = w.block.launch.program.localBytes();
      int width = data.width();
      int ok = mask;
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        int at = offsets[k];
        boolean in = at >= 0 && at <= each - width;
        boolean straight = (at & width - 1) == 0 || !w.block.launch.bounds;
        if (!in || !straight) {
          report(op, w, k, in ? Kind.MISALIGNED : Kind.OUT_OF_BOUNDS, at);
          ok &= ~(1 << k);
          continue;
        }
        offsets[k] = at + k * each;
        if (store) {
          int bytes = w.taint == null ? 0 : w.taint.stored(op.pc, k, data, Taint.Stored.LOCAL);
          for (int i = 0; i < width; i++) {
            w.localWritten[offsets[k] + i] = (byte) (~bytes >>> i & 1);
          }
        } else if (w.block.launch.uninitialised) {
          int bytes = unwritten(w, offsets[k], width);
          if (bytes != 0) {
            w.loadedUnwritten(op, k, data, bytes, () -> message(w, Kind.UNINITIALISED, at));
          }
        }
      }
      if (store) {
        data.store(w, ok, w.local, offsets);
      } else {
        data.load(w, ok, w.local, offsets);
        data.clear(w, mask & ~ok);
      }
    }

    private static int unwritten(Warp w, int from, int width) {
      int bytes = 0;
      for (int i = 0; i < width; i++) {
        bytes |= (w.localWritten[from + i] ^ 1) << i;
      }
      return bytes;
    }

    private void report(Op op, Warp w, int lane, Kind kind, int at) {
      w.report(kind, lane, op, () -> message(w, kind, at));
    }

    private Message message(Warp w, Kind kind, int at) {
      String where =
          String.format(
              "Address 0x%x %s; the thread has %,d bytes of local memory",
              at, kind.words(), w.block.launch.program.localBytes());
      return kind == Kind.UNINITIALISED
          ? Message.uninitialised("__local__", data.width(), where)
          : Message.invalid("__local__", store ? "write" : "read", data.width(), where);
    }
  }

  /// Kernel parameters: the same bytes for all lanes.
  public static final class Param extends Memory {
    public Param(Place place, Data data) {
      super(place, data, false);
    }

    @Override
    public void exec(Warp w, int mask) {
      at(this, w, mask, place.offsets(w));
    }

    void at(Op op, Warp w, int mask, int[] offsets) {
      byte[] parameters = w.block.launch.parameters;
      for (int rest = mask; rest != 0; rest &= rest - 1) {
        int k = Integer.numberOfTrailingZeros(rest);
        if (offsets[k] < 0 || offsets[k] > parameters.length - data.width()) {
          w.report(
              Kind.OUT_OF_BOUNDS,
              k,
              op,
              () ->
                  new Message(
                      "Invalid parameter read of size " + data.width() + " bytes",
                      "the parameters have " + parameters.length + " bytes"));
          throw new Abort();
        }
      }
      data.load(w, mask, parameters, offsets);
    }
  }

  /// Generic addresses: each lane's address tells its space.
  public static final class Generic extends Memory {
    private final Global global;
    private final Shared shared;
    private final Local local;
    private final @Nullable Param param;

    public Generic(Place place, Data data, boolean store, MemoryOrder order) {
      super(place, data, store);
      global = new Global(place, data, store, order);
      shared = new Shared(place, data, store, true);
      local = new Local(place, data, store);
      param = store ? null : new Param(place, data);
    }

    @Override
    public void exec(Warp w, int mask) {
      global.pc = pc;
      global.source = source;
      long[] addresses = place.addresses(w);
      if (!anyWindow(addresses, mask)) {
        global.at(w, mask, addresses);
        return;
      }
      int inShared = window(addresses, mask, Place.SHARED_WINDOW);
      int inLocal = window(addresses, mask, Place.LOCAL_WINDOW);
      int inGlobal = mask & ~inShared & ~inLocal;
      if (inShared != 0) {
        shared.at(this, w, inShared, lower(w, addresses));
      }
      if (inLocal != 0) {
        local.at(this, w, inLocal, lower(w, addresses));
      }
      if (inGlobal != 0 && param != null) {
        int inParam = window(addresses, inGlobal, Place.PARAM_WINDOW);
        inGlobal &= ~inParam;
        if (inParam != 0) {
          param.at(this, w, inParam, lower(w, addresses));
        }
      }
      if (inGlobal != 0) {
        global.at(w, inGlobal, addresses);
      }
    }
  }

  /// Whether an address lies where other spaces than global memory begin, or above.
  private static boolean anyWindow(long[] addresses, int mask) {
    boolean any = false;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      any |= addresses[Integer.numberOfTrailingZeros(rest)] >= Place.PARAM_WINDOW;
    }
    return any;
  }

  /// Lanes of the mask whose addresses lie in the window.
  static int window(long[] addresses, int mask, long start) {
    int in = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int k = Integer.numberOfTrailingZeros(rest);
      in |= addresses[k] - start >= 0 && addresses[k] - start < Place.WINDOW_BYTES ? 1 << k : 0;
    }
    return in;
  }

  /// The low halves of generic addresses: offsets in their windows.
  static int[] lower(Warp w, long[] addresses) {
    for (int k = 0; k < Warp.LANES; k++) {
      w.offsets[k] = (int) addresses[k];
    }
    return w.offsets;
  }
}
