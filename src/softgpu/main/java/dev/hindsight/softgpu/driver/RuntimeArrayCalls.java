package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Image.Format;
import dev.hindsight.softgpu.driver.ImageCalls.Description;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// CUDA's runtime library: arrays, copies of their parts, textures and surfaces. Its structs differ
/// from the driver's in how they say a format.
final class RuntimeArrayCalls extends Calls {
  private static final int SAMPLING_BYTES = 72;

  private final ImageCalls images;

  /// What texture and surface objects were made of, as the program's structs.
  private final Map<Long, MemorySegment> resources = new HashMap<>();

  private final Map<Long, MemorySegment> samplings = new HashMap<>();

  RuntimeArrayCalls(Driver driver, ImageCalls images) {
    super(driver);
    this.images = images;
  }

  /// Reads a `cudaChannelFormatDesc`: bits of up to four channels, and whether they are signed,
  /// unsigned or floats.
  private static Format format(long channels) {
    int bits = Host.getInt(channels);
    return switch ((Host.getInt(channels + 16) << 8) | bits) {
      case 8 -> Format.S8;
      case 16 -> Format.S16;
      case 32 -> Format.S32;
      case 0x108 -> Format.U8;
      case 0x110 -> Format.U16;
      case 0x120 -> Format.U32;
      case 0x210 -> Format.HALF;
      case 0x220 -> Format.FLOAT;
      default ->
          throw new DriverException(
              CudaResult.INVALID_CHANNEL_DESCRIPTOR,
              "wanted channels of 8, 16 or 32 bits, got kind %d of %d"
                  .formatted(Host.getInt(channels + 16), bits));
    };
  }

  private static int count(long channels) {
    int bits = Host.getInt(channels);
    int count = 0;
    while (count < 4 && Host.getInt(channels + 4L * count) == bits) {
      count++;
    }
    for (int i = count; i < 4; i++) {
      if (Host.getInt(channels + 4L * i) != 0 || count == 3) {
        throw new DriverException(
            CudaResult.INVALID_CHANNEL_DESCRIPTOR, "wanted 1, 2 or 4 channels of one size");
      }
    }
    return count;
  }

  private static void write(Image image, long channels) {
    Format format = image.format();
    for (int i = 0; i < 4; i++) {
      Host.putInt(channels + 4L * i, i < image.channels() ? 8 * format.bytes : 0);
    }
    Host.putInt(channels + 16, format.floating() ? 2 : format.signed() ? 0 : 1);
  }

  void cudaMallocArray(long array, long channels, long width, long height, int flags) {
    create("cudaMallocArray", array, channels, new long[] {width, height, 0}, flags);
  }

  /// `extent` is a `cudaExtent`.
  void cudaMalloc3DArray(long array, long channels, long extent, int flags) {
    create("cudaMalloc3DArray", array, channels, ImageCalls.extents(extent), flags);
  }

  private void create(String call, long array, long channels, long[] extents, int flags) {
    images.create(call, array, description(channels, extents, flags));
  }

  private static Description description(long channels, long[] extents, int flags) {
    return new Description(extents, format(channels).number, count(channels), flags);
  }

  /// `extent` is a `cudaExtent`.
  void cudaMallocMipmappedArray(long array, long channels, long extent, int levels, int flags) {
    Description of = description(channels, ImageCalls.extents(extent), flags);
    images.createMipmap("cudaMallocMipmappedArray", array, of, levels);
  }

  void cudaFreeMipmappedArray(long array) {
    if (array != 0) {
      images.cuMipmappedArrayDestroy(array);
    }
  }

  void cudaFreeArray(long array) {
    if (array != 0) {
      images.cuArrayDestroy(array);
    }
  }

  void cudaGetChannelDesc(long channels, long array) {
    write(image(array), channels);
  }

  void cudaArrayGetInfo(long channels, long extent, long flags, long array) {
    Image image = image(array);
    if (channels != 0) {
      write(image, channels);
    }
    if (extent != 0) {
      Host.putLong(extent, image.width());
      Host.putLong(extent + 8, image.height());
      Host.putLong(extent + 16, image.depth());
    }
    Host.offerInt(flags, image.flags());
  }

  private Image image(long array) {
    return array(array).image();
  }

  private Copy.Side part(long array, long x, long y, long width) {
    return Copy.side(array(array), new long[] {x, y, 0}, width);
  }

  @Shorter("cudaMemcpyToArray")
  void cudaMemcpyToArrayAsync(
      long array, long x, long y, long source, long bytes, int kind, long stream) {
    long target = image(array).address(x, y, 0);
    boolean from = RuntimeMemoryCalls.onDevice(kind, true, source);
    flat(new Copy.Side(from, source, bytes, 1), new Copy.Side(true, target, bytes, 1), stream);
  }

  @Shorter("cudaMemcpyFromArray")
  void cudaMemcpyFromArrayAsync(
      long target, long array, long x, long y, long bytes, int kind, long stream) {
    long source = image(array).address(x, y, 0);
    boolean to = RuntimeMemoryCalls.onDevice(kind, false, target);
    flat(new Copy.Side(true, source, bytes, 1), new Copy.Side(to, target, bytes, 1), stream);
  }

  void cudaMemcpyArrayToArray(
      long target, long x, long y, long source, long sourceX, long sourceY, long bytes, int kind) {
    Copy.Side from = new Copy.Side(true, image(source).address(sourceX, sourceY, 0), bytes, 1);
    flat(from, new Copy.Side(true, image(target).address(x, y, 0), bytes, 1), 0);
  }

  private void flat(Copy.Side source, Copy.Side target, long stream) {
    submit(stream, new Work.CopyBytes(new Copy(source, target, source.pitch(), 1, 1)));
  }

  @Shorter("cudaMemcpy2DToArray")
  void cudaMemcpy2DToArrayAsync(
      long array,
      long x,
      long y,
      long source,
      long pitch,
      long width,
      long height,
      int kind,
      long stream) {
    boolean from = RuntimeMemoryCalls.onDevice(kind, true, source);
    rows(
        new Copy.Side(from, source, pitch, height),
        part(array, x, y, width),
        width,
        height,
        stream);
  }

  @Shorter("cudaMemcpy2DFromArray")
  void cudaMemcpy2DFromArrayAsync(
      long target,
      long pitch,
      long array,
      long x,
      long y,
      long width,
      long height,
      int kind,
      long stream) {
    boolean to = RuntimeMemoryCalls.onDevice(kind, false, target);
    rows(part(array, x, y, width), new Copy.Side(to, target, pitch, height), width, height, stream);
  }

  void cudaMemcpy2DArrayToArray(
      long target,
      long x,
      long y,
      long source,
      long sourceX,
      long sourceY,
      long width,
      long height,
      int kind) {
    rows(part(source, sourceX, sourceY, width), part(target, x, y, width), width, height, 0);
  }

  private void rows(Copy.Side source, Copy.Side target, long width, long height, long stream) {
    submit(stream, new Work.CopyBytes(new Copy(source, target, width, height, 1)));
  }

  @Shorter("cudaMemcpy3D")
  void cudaMemcpy3DAsync(long struct, long stream) {
    submit(stream, new Work.CopyBytes(read3D(struct)));
  }

  @Shorter("cudaMemcpy3DPeer")
  void cudaMemcpy3DPeerAsync(long struct, long stream) {
    DeviceProperties.check(Host.getInt(struct + 64));
    DeviceProperties.check(Host.getInt(struct + 136));
    Copy copy = read3D(struct, struct + 72, struct + 144, 4);
    submit(stream, new Work.CopyBytes(copy));
  }

  /// Reads a `cudaMemcpy3DParms`.
  Copy read3D(long struct) {
    return read3D(struct, struct + 64, struct + 128, Host.getInt(struct + 152));
  }

  /// Widths and places count texels where an array takes part, else bytes.
  private Copy read3D(long source, long target, long extent, int kind) {
    long array = Host.getLong(source) != 0 ? Host.getLong(source) : Host.getLong(target);
    long width = Host.getLong(extent) * (array == 0 ? 1 : image(array).texel());
    long height = Host.getLong(extent + 8);
    Copy.Side from = side(source, width, kind, true);
    Copy.Side to = side(target, width, kind, false);
    return new Copy(from, to, width, height, Host.getLong(extent + 16));
  }

  /// An array or else a `cudaPitchedPtr`, and between them where the copy begins.
  private Copy.Side side(long at, long width, int kind, boolean source) {
    long handle = Host.getLong(at);
    long[] xyz = ImageCalls.extents(at + 8);
    if (handle != 0) {
      CudaArray array = array(handle);
      xyz[0] *= array.image().texel();
      return Copy.side(array, xyz, width);
    }
    long address = Host.getLong(at + 32);
    long pitch = Host.getLong(at + 40);
    long rows = Host.getLong(at + 56);
    require(width <= pitch, "rows of %d bytes do not fit a pitch of %d", width, pitch);
    boolean onDevice = RuntimeMemoryCalls.onDevice(kind, source, address);
    long first = address + (xyz[2] * rows + xyz[1]) * pitch + xyz[0];
    return new Copy.Side(onDevice, first, pitch, rows);
  }

  void cudaCreateTextureObject(long handle, long resource, long sampling, long view) {
    try (Arena arena = Arena.ofConfined()) {
      long theirs = resource(arena, resource);
      images.cuTexObjectCreate(handle, theirs, sampling(arena, sampling), view);
    }
    resources.put(Host.getLong(handle), kept(resource, ImageCalls.DESCRIPTION_BYTES));
    samplings.put(Host.getLong(handle), kept(sampling, SAMPLING_BYTES));
  }

  void cudaCreateSurfaceObject(long handle, long resource) {
    try (Arena arena = Arena.ofConfined()) {
      images.cuSurfObjectCreate(handle, resource(arena, resource));
    }
    resources.put(Host.getLong(handle), kept(resource, ImageCalls.DESCRIPTION_BYTES));
  }

  private static MemorySegment kept(long struct, int bytes) {
    return MemorySegment.ofArray(Host.at(struct, bytes).toArray(ValueLayout.JAVA_BYTE));
  }

  /// A `cudaResourceDesc` as `CUDA_RESOURCE_DESC`.
  private static long resource(Arena arena, long struct) {
    long to = arena.allocate(ImageCalls.DESCRIPTION_BYTES, 8).address();
    int kind = Host.getInt(struct);
    Host.putInt(to, kind);
    Host.putLong(to + 8, Host.getLong(struct + 8));
    if (kind == ImageCalls.OF_LINEAR || kind == ImageCalls.OF_PITCH) {
      Host.putInt(to + 16, format(struct + 16).number);
      Host.putInt(to + 20, count(struct + 16));
      Host.at(to + 24, 24).copyFrom(Host.at(struct + 40, kind == ImageCalls.OF_LINEAR ? 8 : 24));
    } else {
      require(
          kind == ImageCalls.OF_ARRAY || kind == ImageCalls.OF_MIPMAP,
          "wanted a kind of resource 0..3, got %d",
          kind);
    }
    return to;
  }

  /// A `cudaTextureDesc` as `CUDA_TEXTURE_DESC`.
  private static long sampling(Arena arena, long struct) {
    long to = arena.allocate(ImageCalls.SAMPLING_BYTES, 8).address();
    Host.at(to, 16).copyFrom(Host.at(struct, 16)); // addresses and filter
    int flags = Host.getInt(struct + 16) == 0 ? 1 : 0;
    flags |= Host.getInt(struct + 40) != 0 ? 2 : 0;
    flags |= Host.getInt(struct + 20) != 0 ? 16 : 0;
    Host.putInt(to + 16, flags);
    Host.at(to + 20, 20).copyFrom(Host.at(struct + 44, 20)); // anisotropy and mipmaps
    Host.at(to + 40, 16).copyFrom(Host.at(struct + 24, 16)); // border
    return to;
  }

  void cudaDestroyTextureObject(long handle) {
    if (handle != 0) {
      images.cuTexObjectDestroy(handle);
      samplings.remove(handle);
      resources.remove(handle);
    }
  }

  void cudaDestroySurfaceObject(long handle) {
    if (handle != 0) {
      images.cuSurfObjectDestroy(handle);
      resources.remove(handle);
    }
  }

  void cudaGetTextureObjectResourceDesc(long struct, long handle) {
    give(resources, handle, struct);
  }

  void cudaGetTextureObjectTextureDesc(long struct, long handle) {
    give(samplings, handle, struct);
  }

  void cudaGetSurfaceObjectResourceDesc(long struct, long handle) {
    give(resources, handle, struct);
  }

  private static void give(Map<Long, MemorySegment> from, long handle, long struct) {
    MemorySegment kept = from.get(handle);
    require(kept != null, "0x%x is no texture or surface object", handle);
    if (kept != null) {
      Host.at(struct, kept.byteSize()).copyFrom(kept);
    }
  }
}
