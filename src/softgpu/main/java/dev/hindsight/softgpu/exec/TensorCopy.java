package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `cp.async.bulk.tensor` and `cp.reduce.async.bulk.tensor`. As [BulkCopy] does, what goes to
/// shared memory appears when somebody waits, what comes from there is there at once.
public final class TensorCopy extends Op {
  /// What a copy moves.
  public enum What {
    LOAD,
    STORE,
    REDUCE,
    PREFETCH
  }

  /// Which part of a tensor, by a map in memory or among the parameters.
  ///
  /// @param columns `im2col`
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Part(Place map, Ref[] coordinates, Ref[] offsets, boolean columns) {}

  private static final int ALIGN = 128;
  private static final int MAP_ALIGN = 64;

  private final What what;
  private final Part part;
  private final Place shared;
  private final Place barrier;

  /// The ranks of the blocks that get it, one bit each; or it goes to one.
  private final Ref ranks;

  private final Map<Element, Fold> folds = new EnumMap<>(Element.class);
  private final Runs runs = new Runs(this);

  /// @param shared where in shared memory it goes, or comes from
  /// @param barrier what counts the bytes of a load; others ignore it
  public TensorCopy(
      What what,
      Part part,
      Place shared,
      Place barrier,
      Ref ranks,
      Map<Element, AtomicOp.Update> updates) {
    this.what = what;
    this.part = part;
    this.shared = shared;
    this.barrier = barrier;
    this.ranks = ranks;
    updates.forEach((of, how) -> folds.put(of, new Fold(this, of.bytes, how)));
  }

  public boolean stores() {
    return what == What.STORE || what == What.REDUCE;
  }

  @Override
  public void exec(Warp w, int mask) {
    long[] maps = part.map.addresses(w).clone();
    int[] places = shared.offsets(w).clone();
    int[] barriers = barrier.offsets(w).clone();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      TensorMap map = map(w, lane, maps[lane]);
      if (map == null || what == What.PREFETCH) {
        continue;
      }
      TensorBox box = TensorBox.of(map, ints(w, lane, part.coordinates), offsets(w, lane));
      if ((places[lane] & ALIGN - 1) != 0) {
        int at = places[lane];
        report(
            w,
            Kind.MISALIGNED,
            lane,
            () ->
                new Message(
                    "Invalid copy of a tensor's part: shared address 0x%x".formatted(at),
                    "it is a multiple of 128"));
      } else if (what != What.LOAD) {
        store(w, lane, map, box, places[lane]);
      } else {
        load(w, lane, map, box, places[lane], barriers[lane]);
      }
    }
  }

  private static int[] ints(Warp w, int lane, Ref[] from) {
    int[] all = new int[from.length];
    for (int d = 0; d < all.length; d++) {
      all[d] = (int) from[d].get(w, lane);
    }
    return all;
  }

  /// Those of columns; stores have none.
  private int[] offsets(Warp w, int lane) {
    int[] given = ints(w, lane, part.offsets);
    int[] all = new int[part.coordinates.length];
    for (int d = 0; d < given.length; d++) {
      all[d] = given[d] & 0xffff;
    }
    return all;
  }

  private void report(Warp w, Kind kind, int lane, Supplier<Message> message) {
    w.report(kind, lane, this, message);
  }

  private void bad(Warp w, int lane, String why) {
    report(w, Kind.BAD_TENSOR_MAP, lane, () -> new Message("Tensor map error: " + why));
  }

  private @Nullable TensorMap map(Warp w, int lane, long address) {
    byte[] bytes = new byte[TensorMap.BYTES];
    long parameter = address - Place.PARAM_WINDOW;
    byte[] parameters = w.block.launch.parameters;
    if (address % MAP_ALIGN != 0) {
      bad(w, lane, "0x%x is no multiple of 64".formatted(address));
      return null;
    } else if (parameter >= 0 && parameter <= parameters.length - bytes.length) {
      System.arraycopy(parameters, (int) parameter, bytes, 0, bytes.length);
    } else {
      runs.load(w, lane, address, bytes, 0, bytes.length);
    }
    TensorMap map = new TensorMap(MemorySegment.ofArray(bytes));
    if (!map.isValid()) {
      bad(w, lane, "what lies at 0x%x is none".formatted(address));
      return null;
    }
    if (map.columns() != part.columns || map.rank() != part.coordinates.length) {
      String of = "the map at 0x%x is of %s".formatted(address, words(map.rank(), map.columns()));
      bad(w, lane, of + ", the copy of " + words(part.coordinates.length, part.columns));
      return null;
    }
    return map;
  }

  private static String words(int rank, boolean columns) {
    return "%d dimensions %s".formatted(rank, columns ? "in columns" : "in tiles");
  }

  private void load(Warp w, int lane, TensorMap map, TensorBox box, int start, int counting) {
    int bytes = map.element().bytes;
    byte[] image = new byte[box.bytes(map)];
    long fill = map.fill();
    for (int at = 0; fill != 0 && at < image.length; at += bytes) {
      Bytes.set(image, at, bytes, fill);
    }
    int at = 0;
    for (TensorBox.Row row : box.rows()) {
      int count = (row.to() - row.from()) * bytes;
      runs.load(w, lane, row.address(), image, at + row.from() * bytes, count);
      at += box.width() * bytes;
    }
    convert(map.element(), image);
    int[] units = box.units(map, start & Cluster.OFFSET);
    new Delivery(this, w, lane).toEach(ranks, start, counting, units, image);
  }

  /// Loads of these types round to tf32, or make subnormal numbers zero.
  private static void convert(Element of, byte[] image) {
    boolean flushes = of == Element.F32_FTZ || of == Element.TF32_FTZ;
    boolean rounds = of == Element.TF32 || of == Element.TF32_FTZ;
    for (int at = 0; (flushes || rounds) && at < image.length; at += 4) {
      float value = (float) Bytes.F32.get(image, at);
      value = flushes ? Rounding.flush(value) : value;
      int bits = Float.floatToRawIntBits(value);
      Bytes.I32.set(image, at, rounds ? nearestTf32(value, bits) : bits);
    }
  }

  private static int nearestTf32(float value, int bits) {
    return Float.isFinite(value) ? bits + 0xfff + (bits >>> 13 & 1) & 0xffffe000 : bits;
  }

  private void store(Warp w, int lane, TensorMap map, TensorBox box, int start) {
    int bytes = map.element().bytes;
    Fold fold = folds.get(map.element());
    if (what == What.REDUCE && fold == null) {
      bad(w, lane, "elements %s are not reduced so".formatted(map.element()));
      return;
    }
    byte[] image = new byte[box.bytes(map)];
    int[] units = box.units(map, start);
    for (int u = 0; u < units.length; u++) {
      runs.load(w, lane, Place.SHARED_WINDOW + units[u], image, 16 * u, 16);
    }
    AsyncReads.bulk(w, this, lane, units, image, true);
    if (fold != null) {
      w.block.awaitTurn();
    }
    int at = 0;
    for (TensorBox.Row row : box.rows()) {
      int first = at + row.from() * bytes;
      int count = (row.to() - row.from()) * bytes;
      for (int done = 0; fold != null && done < count; done += bytes) {
        fold.apply(w, lane, row.address() + done, Bytes.get(image, first + done, bytes));
      }
      if (fold == null) {
        runs.store(w, lane, row.address(), image, first, count);
      }
      at += box.width() * bytes;
    }
  }
}
