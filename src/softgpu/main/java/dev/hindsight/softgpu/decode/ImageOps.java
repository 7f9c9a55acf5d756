package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.SurfaceAccess;
import dev.hindsight.softgpu.exec.TextureFetch;
import dev.hindsight.softgpu.exec.TextureFetch.Geometry;
import dev.hindsight.softgpu.exec.TextureFetch.Lod;
import dev.hindsight.softgpu.exec.TextureQuery;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `tex tld4 txq suld sust suq`.
final class ImageOps {
  private ImageOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("tex", ImageOps::fetch);
    all.put("tld4", ImageOps::fetch);
    all.put("txq", ImageOps::query);
    all.put("suq", ImageOps::query);
    all.put("suld", (o, m) -> surface(o, m, false));
    all.put("sust", (o, m) -> surface(o, m, true));
  }

  private static Geometry geometry(Mods m) {
    return switch (m.one("1d", "2d", "3d", "a1d", "a2d", "cube", "acube")) {
      case "1d" -> new Geometry(1, false, false);
      case "2d" -> new Geometry(2, false, false);
      case "3d" -> new Geometry(3, false, false);
      case "a1d" -> new Geometry(1, true, false);
      case "a2d" -> new Geometry(2, true, false);
      case "cube" -> new Geometry(3, false, true);
      default -> new Geometry(3, true, true);
    };
  }

  /// The object and the coordinates between the brackets.
  private static List<Operand> image(Operands o, int index) {
    if (o.get(index) instanceof Operand.Arguments(List<Operand> items) && items.size() > 1) {
      return items.stream().map(item -> MemoryOps.address(o, item).base()).toList();
    }
    throw o.error("wanted an image and coordinates in brackets");
  }

  private static Ref[] coordinates(Operands o, List<Operand> image, Geometry of, Type type) {
    int wanted = of.dimensions() + (of.layered() ? 1 : 0);
    if (image.size() - 1 < wanted) {
      throw o.error("wanted " + wanted + " coordinates, got " + (image.size() - 1));
    }
    Ref[] all = new Ref[wanted];
    for (int i = 0; i < wanted; i++) {
      boolean isLayer = of.layered() && i == 0;
      all[i] = o.ref(image.get(i + 1), isLayer ? Type.B32 : type);
    }
    return all;
  }

  private static Op fetch(Operands o, Mods m) {
    boolean gathers = o.source().base().equals("tld4");
    int channel = gathers ? List.of("r", "g", "b", "a").indexOf(m.one("r", "g", "b", "a")) : -1;
    String level = m.oneOf("base", "level", "grad");
    m.drop("base");
    Geometry geometry = geometry(m);
    m.want("v4");
    Type type = m.type();
    boolean whole = m.either("s32", "f32");
    if (type.bytes != 4) {
      throw m.error("wanted .f32, .s32 or .u32");
    }
    List<Operand> image = image(o, 1);
    if (!(o.get(0) instanceof Operand.Vector(List<Operand> items)) || items.size() != 4) {
      throw m.error("wanted 4 registers");
    }
    return new TextureFetch(
        geometry,
        o.ref(image.getFirst(), Type.B64),
        coordinates(o, image, geometry, whole ? Type.B32 : Type.F32),
        whole,
        items.stream().map(item -> o.ref(item, type)).toArray(Ref[]::new),
        channel,
        lod(o, level, whole, geometry));
  }

  private static Lod lod(Operands o, String how, boolean whole, Geometry of) {
    return switch (how) {
      case "level" -> new Lod(o.ref(2, whole ? Type.B32 : Type.F32), new Ref[0], new Ref[0]);
      case "grad" -> new Lod(null, change(o, 2, of), change(o, 3, of));
      default -> Lod.FIRST;
    };
  }

  /// Of each coordinate but a layer.
  private static Ref[] change(Operands o, int index, Geometry of) {
    List<Operand> items =
        o.get(index) instanceof Operand.Vector(List<Operand> list) ? list : List.of(o.get(index));
    if (items.size() < of.dimensions()) {
      throw o.error("wanted " + of.dimensions() + " changes, got " + items.size());
    }
    return items.stream()
        .limit(of.dimensions())
        .map(item -> o.ref(item, Type.F32))
        .toArray(Ref[]::new);
  }

  private static Op query(Operands o, Mods m) {
    boolean ofLevel = m.take("level");
    String what =
        m.one(
            "width",
            "height",
            "depth",
            "num_mipmap_levels",
            "array_size",
            "channel_data_type",
            "channel_order");
    m.want("b32");
    o.count(ofLevel ? 3 : 2);
    Ref handle = o.ref(MemoryOps.address(o, o.get(1)).base(), Type.B64);
    TextureQuery.Property property =
        switch (what) {
          case "width" -> Image::width;
          case "height" -> Image::height;
          case "depth" -> Image::depth;
          case "num_mipmap_levels" -> null;
          case "array_size" -> image -> image.layered() ? image.depth() : 0;
          default -> throw m.error("this property is not supported");
        };
    return new TextureQuery(
        o.ref(0, Type.B32), handle, property, ofLevel ? o.ref(2, Type.B32) : Ref.NONE);
  }

  private static Op surface(Operands o, Mods m, boolean store) {
    m.want("b");
    Geometry geometry = geometry(m);
    int count = m.take("v2") ? 2 : m.take("v4") ? 4 : 1;
    Type type = m.type();
    String outside = m.one("trap", "clamp", "zero");
    m.drop("ca", "cg", "cs", "cv", "wb", "wt");
    List<Operand> image = image(o, store ? 0 : 1);
    Operand value = o.get(store ? 1 : 0);
    List<Operand> items =
        value instanceof Operand.Vector(List<Operand> list) ? list : List.of(value);
    if (items.size() != count || geometry.cube()) {
      throw m.error("wanted " + count + " registers, got " + items.size());
    }
    return new SurfaceAccess(
        geometry,
        o.ref(image.getFirst(), Type.B64),
        coordinates(o, image, geometry, Type.B32),
        SurfaceAccess.Outside.valueOf(outside.toUpperCase(Locale.ROOT)),
        MemoryOps.data(o, items, type),
        store);
  }
}
