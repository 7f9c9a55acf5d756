package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.check.MemoryOrder;

/// `suld` and `sust`: bytes of a surface by coordinates, the first of which counts bytes.
public final class SurfaceAccess extends Access.Memory {
  /// What an access outside does.
  public enum Outside {
    TRAP,
    CLAMP,
    ZERO
  }

  private static final Place NOWHERE = new Place(0, true, 0);

  private final TextureFetch.Geometry geometry;
  private final Ref handle;
  private final Ref[] coordinates;
  private final Outside outside;
  private final Access.Global global;

  public SurfaceAccess(
      TextureFetch.Geometry geometry,
      Ref handle,
      Ref[] coordinates,
      Outside outside,
      Data data,
      boolean store) {
    super(NOWHERE, data, store);
    this.geometry = geometry;
    this.handle = handle;
    this.coordinates = coordinates;
    this.outside = outside;
    this.global = new Access.Global(NOWHERE, data, store, MemoryOrder.WEAK);
  }

  @Override
  public void exec(Warp w, int mask) {
    global.pc = pc;
    global.source = source;
    long[] addresses = w.addresses;
    int good = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Texture surface = TextureFetch.bound(w, this, lane, handle, "surface");
      if (surface != null && locate(w, lane, surface.image(), addresses)) {
        good |= 1 << lane;
      }
    }
    if (!store) {
      data.clear(w, mask & ~good);
    }
    if (good != 0) {
      global.at(w, good, addresses);
    }
  }

  /// Sets the address of a lane; false where its access is outside.
  private boolean locate(Warp w, int lane, Image image, long[] addresses) {
    int width = data.width();
    int[] extents = {
      image.width() * image.texel(), Math.max(1, image.height()), Math.max(1, image.depth())
    };
    int[] at = new int[3];
    boolean inside = true;
    int first = geometry.layered() ? 1 : 0;
    for (int d = 0; d < geometry.dimensions() + first; d++) {
      boolean isLayer = geometry.layered() && d == 0;
      int to = isLayer ? 2 : d - first;
      int most = extents[to] - (to == 0 ? width : 1);
      int value = (int) coordinates[d].get(w, lane);
      inside &= value >= 0 && value <= most;
      at[to] = Math.max(0, Math.min(most, value));
    }
    if (!inside && outside == Outside.TRAP) {
      report(w, lane, Kind.OUT_OF_BOUNDS, image);
    }
    if (at[0] % width != 0) {
      report(w, lane, Kind.MISALIGNED, image);
      return false;
    }
    addresses[lane] = image.address(at[0], at[1], at[2]);
    return inside || outside == Outside.CLAMP;
  }

  private void report(Warp w, int lane, Kind kind, Image image) {
    StringBuilder where = new StringBuilder("Coordinates (");
    for (int d = 0; d < geometry.dimensions() + (geometry.layered() ? 1 : 0); d++) {
      where.append(d == 0 ? "" : ", ").append((int) coordinates[d].get(w, lane));
    }
    where.append(") ").append(kind.words());
    String of =
        String.format(
            "the surface has %d x %d x %d texels of %d bytes; the first coordinate counts bytes",
            image.width(), image.height(), image.depth(), image.texel());
    String size = " of size " + data.width() + " bytes";
    String verb = store ? "write" : "read";
    w.report(
        kind,
        lane,
        this,
        () -> new Message("Invalid surface " + verb + size, where.toString(), of));
  }
}
