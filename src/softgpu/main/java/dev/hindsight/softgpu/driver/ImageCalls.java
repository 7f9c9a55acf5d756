package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Image.Format;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.base.Texture.Levels;
import dev.hindsight.softgpu.base.Texture.Mode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Arrays, and the texture and surface objects through which kernels see them.
final class ImageCalls extends Calls {
  private static final List<Mode> MODES = List.of(Mode.values());
  static final int OF_ARRAY = 0;
  static final int OF_MIPMAP = 1;
  static final int OF_LINEAR = 2;
  static final int OF_PITCH = 3;
  static final int DESCRIPTION_BYTES = 144;
  static final int SAMPLING_BYTES = 104;
  private static final int INTEGERS = 1;
  private static final int NORMALISED = 2;
  private static final int SRGB = 16;

  private final AllocationNames names;

  /// An object with what it was made of, as bytes of the caller's.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record ImageObject(byte[] resource, byte[] sampling, boolean surface) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  ImageCalls(Driver driver, AllocationNames names) {
    super(driver);
    this.names = names;
  }

  private static Format format(int number) {
    return Arrays.stream(Format.values())
        .filter(f -> f.number == number)
        .findFirst()
        .orElseThrow(
            () ->
                new DriverException(
                    CudaResult.NOT_SUPPORTED, "array format " + number + " is not supported"));
  }

  /// What an array shall be.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Description(long[] extents, int format, int channels, int flags) {
    /// Reads a `CUDA_ARRAY3D_DESCRIPTOR`.
    static Description read3D(long at) {
      int format = Host.getInt(at + 24);
      return new Description(
          ImageCalls.extents(at), format, Host.getInt(at + 28), Host.getInt(at + 32));
    }
  }

  /// Three extents in a row, as structs of both libraries have them.
  static long[] extents(long at) {
    return new long[] {Host.getLong(at), Host.getLong(at + 8), Host.getLong(at + 16)};
  }

  static void requireChannels(int channels) {
    require(
        channels == 1 || channels == 2 || channels == 4,
        "wanted 1, 2 or 4 channels, got %d",
        channels);
  }

  void cuArrayCreate(long handle, long at) {
    long[] extents = {Host.getLong(at), Host.getLong(at + 8), 0};
    int format = Host.getInt(at + 16);
    Description of = new Description(extents, format, Host.getInt(at + 20), 0);
    create("cuArrayCreate", handle, of);
  }

  void cuArray3DCreate(long handle, long description) {
    create("cuArray3DCreate", handle, Description.read3D(description));
  }

  void create(String call, long handle, Description description) {
    Host.putLong(handle, driver.context().adopt(made(call, description, description.extents)));
  }

  private CudaArray made(String call, Description description, long[] extents) {
    int channels = description.channels;
    requireChannels(channels);
    require(extents[0] > 0, "wanted a width of 1 or more, got %d", extents[0]);
    boolean cube = (description.flags & Image.CUBE) != 0;
    require(
        !cube || (extents[0] == extents[1] && extents[2] % 6 == 0 && extents[2] > 0),
        "wanted six square faces for a cube, got %d x %d x %d",
        extents[0],
        extents[1],
        extents[2]);
    Format of = format(description.format);
    long pitch = extents[0] * of.bytes * channels;
    long bytes = pitch * Math.max(1, extents[1]) * Math.max(1, extents[2]);
    long address = driver.memory().allocate(bytes, names.next(call));
    driver.context().allocations.add(address);
    Image image =
        new Image(
            address,
            Math.toIntExact(extents[0]),
            Math.toIntExact(extents[1]),
            Math.toIntExact(extents[2]),
            pitch,
            of,
            channels,
            description.flags);
    return new CudaArray(image);
  }

  void cuMipmappedArrayCreate(long handle, long description, int levels) {
    createMipmap("cuMipmappedArrayCreate", handle, Description.read3D(description), levels);
  }

  /// There are as many levels as are wanted, or as there can be.
  void createMipmap(String call, long handle, Description description, int wanted) {
    long[] extents = description.extents;
    boolean volume = (description.flags & (Image.LAYERED | Image.CUBE)) == 0;
    long longest = Math.max(extents[0], Math.max(extents[1], volume ? extents[2] : 1));
    int most = 64 - Long.numberOfLeadingZeros(longest);
    List<CudaArray> levels = new ArrayList<>();
    List<Long> handles = new ArrayList<>();
    for (int level = 0; level < Math.max(1, Math.min(most, wanted)); level++) {
      long[] own = extents.clone();
      for (int d = 0; d < (volume ? 3 : 2); d++) {
        own[d] = extents[d] == 0 ? 0 : Math.max(1, extents[d] >> level);
      }
      CudaArray made = made(call, description, own);
      levels.add(made);
      handles.add(driver.context().adopt(made));
    }
    CudaMipmap all = new CudaMipmap(List.copyOf(levels), List.copyOf(handles));
    Host.putLong(handle, driver.context().adopt(all));
  }

  void cuMipmappedArrayGetLevel(long array, long handle, int level) {
    CudaMipmap all = mipmap(handle);
    int count = all.levels().size();
    require(level >= 0 && level < count, "wanted a level 0..%d, got %d", count - 1, level);
    Host.putLong(array, all.handles().get(level));
  }

  void cuMipmappedArrayDestroy(long handle) {
    CudaMipmap all = mipmap(handle);
    all.handles().forEach(this::destroy);
    driver.context().disown(handle);
  }

  void cuArrayDestroy(long handle) {
    boolean level =
        driver.handles.all(CudaMipmap.class).stream()
            .anyMatch(mipmap -> mipmap.handles().contains(handle));
    require(!level, "0x%x is a level of a mipmapped array, which ends with it", handle);
    destroy(handle);
  }

  private void destroy(long handle) {
    long address = array(handle).image().base();
    driver.memory().free(address);
    driver.context().allocations.remove(address);
    driver.context().disown(handle);
  }

  void cuArrayGetDescriptor(long description, long handle) {
    Image image = array(handle).image();
    Host.putLong(description, image.width());
    Host.putLong(description + 8, image.height());
    Host.putInt(description + 16, image.format().number);
    Host.putInt(description + 20, image.channels());
  }

  void cuArray3DGetDescriptor(long description, long handle) {
    Image image = array(handle).image();
    Host.putLong(description, image.width());
    Host.putLong(description + 8, image.height());
    Host.putLong(description + 16, image.depth());
    Host.putInt(description + 24, image.format().number);
    Host.putInt(description + 28, image.channels());
    Host.putInt(description + 32, image.flags());
  }

  void cuTexObjectCreate(long handle, long resource, long sampling, long view) {
    require(view == 0, "views of a resource are not supported");
    add(
        handle,
        new ImageObject(bytes(resource, DESCRIPTION_BYTES), bytes(sampling, SAMPLING_BYTES), false),
        texture(resource, sampling));
  }

  /// What a `CUDA_RESOURCE_DESC` and a `CUDA_TEXTURE_DESC` describe.
  Texture texture(long resource, long sampling) {
    Levels levels = levels(resource, sampling);
    Image image = levels.images().getFirst();
    int flags = Host.getInt(sampling + 16);
    boolean linear = Host.getInt(sampling + 12) == 1;
    boolean integers = (flags & INTEGERS) != 0;
    boolean whole = !image.format().floating() && (integers || image.format().bytes == 4);
    require(!linear || !whole, "wanted floats or normalised integers where they are filtered");
    if ((flags & SRGB) != 0) {
      throw new DriverException(CudaResult.NOT_SUPPORTED, "sRGB textures are not supported");
    }
    List<Mode> modes = new ArrayList<>();
    List<Float> border = new ArrayList<>();
    for (int d = 0; d < 3; d++) {
      int mode = Host.getInt(sampling + 4L * d);
      require(mode >= 0 && mode < 4, "wanted an address mode 0..3, got %d", mode);
      modes.add(MODES.get(mode));
    }
    for (int c = 0; c < 4; c++) {
      border.add(Float.intBitsToFloat(Host.getInt(sampling + 40 + 4L * c)));
    }
    boolean normalised = (flags & NORMALISED) != 0;
    boolean mipmap = Host.getInt(resource) == OF_MIPMAP;
    require(normalised || !mipmap, "wanted normalised coordinates for a mipmapped array");
    require(!levels.linear() || !whole, "wanted floats where levels are mixed");
    return new Texture(
        levels, List.copyOf(modes), linear, normalised, integers, List.copyOf(border));
  }

  void cuSurfObjectCreate(long handle, long resource) {
    require(Host.getInt(resource) == OF_ARRAY, "wanted an array for a surface");
    Image image = image(resource);
    add(
        handle,
        new ImageObject(bytes(resource, DESCRIPTION_BYTES), new byte[0], true),
        Texture.surface(image));
  }

  private void add(long handle, ImageObject made, Texture texture) {
    long object = driver.context().adopt(made);
    driver.memory().bind(object, texture);
    Host.putLong(handle, object);
  }

  /// What a texture sees, and how levels are chosen.
  private Levels levels(long resource, long sampling) {
    if (Host.getInt(resource) != OF_MIPMAP) {
      return Levels.of(image(resource));
    }
    CudaMipmap all = mipmap(Host.getLong(resource + 8));
    return new Levels(
        all.images(),
        Host.getInt(sampling + 24) == 1,
        Float.intBitsToFloat(Host.getInt(sampling + 28)),
        Float.intBitsToFloat(Host.getInt(sampling + 32)),
        Float.intBitsToFloat(Host.getInt(sampling + 36)));
  }

  private Image image(long resource) {
    long address = Host.getLong(resource + 8);
    return switch (Host.getInt(resource)) {
      case OF_ARRAY -> array(address).image();
      case OF_LINEAR -> {
        Format format = format(Host.getInt(resource + 16));
        int channels = Host.getInt(resource + 20);
        long texels = Host.getLong(resource + 24) / ((long) format.bytes * channels);
        yield new Image(address, Math.toIntExact(texels), 0, 0, 0, format, channels, 0);
      }
      case OF_PITCH ->
          new Image(
              address,
              Math.toIntExact(Host.getLong(resource + 24)),
              Math.toIntExact(Host.getLong(resource + 32)),
              0,
              Host.getLong(resource + 40),
              format(Host.getInt(resource + 16)),
              Host.getInt(resource + 20),
              0);
      default ->
          throw new DriverException(
              CudaResult.INVALID_VALUE, "wanted a kind of resource 0..3, got another");
    };
  }

  private static byte[] bytes(long address, int count) {
    return Host.at(address, count).toArray(ValueLayout.JAVA_BYTE);
  }

  private ImageObject object(long handle, boolean surface) {
    ImageObject found = driver.handles.get(handle, ImageObject.class);
    require(found.surface == surface, "wanted a %s object", surface ? "surface" : "texture");
    return found;
  }

  private static void copy(byte[] from, long to) {
    MemorySegment.copy(MemorySegment.ofArray(from), 0, Host.at(to, from.length), 0, from.length);
  }

  void cuTexObjectDestroy(long handle) {
    object(handle, false);
    forget(handle);
  }

  void cuSurfObjectDestroy(long handle) {
    object(handle, true);
    forget(handle);
  }

  private void forget(long handle) {
    driver.memory().bind(handle, null);
    driver.context().disown(handle);
  }

  void cuTexObjectGetResourceDesc(long description, long handle) {
    copy(object(handle, false).resource, description);
  }

  void cuTexObjectGetTextureDesc(long description, long handle) {
    copy(object(handle, false).sampling, description);
  }

  void cuSurfObjectGetResourceDesc(long description, long handle) {
    copy(object(handle, true).resource, description);
  }

  @Shorter("cuMemcpyHtoA")
  void cuMemcpyHtoAAsync(long array, long offset, long source, long bytes, long stream) {
    submit(stream, new Work.CopyBytes(Copy.toDevice(inside(array, offset), source, bytes)));
  }

  @Shorter("cuMemcpyAtoH")
  void cuMemcpyAtoHAsync(long target, long array, long offset, long bytes, long stream) {
    submit(stream, new Work.CopyBytes(Copy.toHost(target, inside(array, offset), bytes)));
  }

  void cuMemcpyDtoA(long array, long offset, long source, long bytes) {
    copy(Copy.onDevice(inside(array, offset), source, bytes));
  }

  void cuMemcpyAtoD(long target, long array, long offset, long bytes) {
    copy(Copy.onDevice(target, inside(array, offset), bytes));
  }

  void cuMemcpyAtoA(long array, long offset, long source, long sourceOffset, long bytes) {
    copy(Copy.onDevice(inside(array, offset), inside(source, sourceOffset), bytes));
  }

  private long inside(long array, long offset) {
    return array(array).image().base() + offset;
  }

  private void copy(Copy copy) {
    submit(0, new Work.CopyBytes(copy));
  }
}
