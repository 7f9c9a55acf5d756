package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Texture;
import dev.hindsight.softgpu.device.GlobalVariable;
import dev.hindsight.softgpu.ptx.Variable.Origin;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Texture and surface references of modules. What is set holds from the next launch on.
final class ReferenceCalls extends Calls {
  private static final int OVERRIDE_FORMAT = 1;
  private static final int DEFAULT_UNIT = -1;
  private static final int ALIGN = 512;
  private static final int PITCH_ALIGN = 32;
  private static final int FLAGS = 0x33;

  // Where a CUDA_TEXTURE_DESC has what.
  private static final int FILTER = 12;
  private static final int READ_FLAGS = 16;
  private static final int ANISOTROPY = 20;
  private static final int LEVEL_FILTER = 24;
  private static final int BIAS = 28;
  private static final int LEAST = 32;
  private static final int MOST = 36;
  private static final int BORDER = 40;

  private final ImageCalls images;

  ReferenceCalls(Driver driver, ImageCalls images) {
    super(driver);
    this.images = images;
  }

  private CudaTexRef texture(long handle) {
    return driver.handles.get(handle, CudaTexRef.class);
  }

  private CudaSurfRef surface(long handle) {
    return driver.handles.get(handle, CudaSurfRef.class);
  }

  private long variable(long module, long name, Origin wanted) {
    String text = Host.string(name);
    GlobalVariable found = module(module).code().variables().get(text);
    if (found == null || found.origin() != wanted) {
      throw new DriverException(
          CudaResult.NOT_FOUND, "the module has no %s \"%s\"".formatted(wanted, text));
    }
    return found.address();
  }

  void cuModuleGetTexRef(long handle, long module, long name) {
    long variable = variable(module, name, Origin.TEXTURE);
    Host.putLong(
        handle,
        known(CudaTexRef.class, of -> of.variable == variable, () -> new CudaTexRef(variable)));
  }

  void cuModuleGetSurfRef(long handle, long module, long name) {
    long variable = variable(module, name, Origin.SURFACE);
    Host.putLong(
        handle,
        known(CudaSurfRef.class, of -> of.variable == variable, () -> new CudaSurfRef(variable)));
  }

  /// The handle of a reference: who asks again gets the same.
  private <T> long known(Class<T> type, Predicate<T> same, Supplier<T> make) {
    return driver.handles.all(type).stream()
        .filter(same)
        .findFirst()
        .map(driver.handles::of)
        .orElseGet(() -> driver.context().adopt(make.get()));
  }

  void cuTexRefCreate(long handle) {
    Host.putLong(handle, driver.context().adopt(new CudaTexRef(0)));
  }

  void cuTexRefDestroy(long handle) {
    require(texture(handle).variable == 0, "the reference is its module's");
    driver.context().disown(handle);
  }

  /// References of a module are its kernels' anyway.
  void cuParamSetTexRef(long function, int unit, long handle) {
    function(function);
    texture(handle);
    require(unit == DEFAULT_UNIT, "wanted texture unit -1, got %d", unit);
  }

  /// Lets kernels see what is set. They are told that nothing is bound while it does not fit, as it
  /// may before all is set.
  private void changed(CudaTexRef one) {
    if (one.variable == 0 || one.bound == null) {
      return;
    }
    Texture seen;
    try {
      seen = images.texture(one.resource(), one.sampling());
    } catch (DriverException _) {
      seen = null;
    }
    driver.memory().bind(one.variable, seen);
  }

  void cuTexRefSetArray(long handle, long array, int flags) {
    bind(handle, ImageCalls.OF_ARRAY, array, array(array).image(), flags);
  }

  void cuTexRefSetMipmappedArray(long handle, long array, int flags) {
    bind(handle, ImageCalls.OF_MIPMAP, array, mipmap(array).images().getFirst(), flags);
  }

  private void bind(long handle, int kind, long array, Image image, int flags) {
    CudaTexRef one = texture(handle);
    require(flags == OVERRIDE_FORMAT, "wanted the flag CU_TRSA_OVERRIDE_FORMAT, got %d", flags);
    one.format(image.format().number, image.channels());
    one.bind(kind, array);
    changed(one);
  }

  /// A texture begins where memory is aligned; the program learns how far before its own.
  void cuTexRefSetAddress(long offset, long handle, long address, long bytes) {
    CudaTexRef one = texture(handle);
    long before = address % ALIGN;
    require(
        offset != 0 || before == 0,
        "0x%x is no multiple of %d: wanted a ByteOffset",
        address,
        ALIGN);
    Host.offerLong(offset, before);
    one.bind(ImageCalls.OF_LINEAR, address - before);
    Host.putLong(one.resource() + 24, bytes + before);
    changed(one);
  }

  void cuTexRefSetAddress2D(long handle, long description, long address, long pitch) {
    CudaTexRef one = texture(handle);
    require(address % ALIGN == 0, "wanted an address that is a multiple of %d", ALIGN);
    require(pitch % PITCH_ALIGN == 0, "wanted a pitch of a multiple of %d", PITCH_ALIGN);
    one.bind(ImageCalls.OF_PITCH, address);
    Host.putLong(one.resource() + 24, Host.getLong(description));
    Host.putLong(one.resource() + 32, Host.getLong(description + 8));
    Host.putLong(one.resource() + 40, pitch);
    one.format(Host.getInt(description + 16), Host.getInt(description + 20));
    changed(one);
  }

  void cuTexRefSetFormat(long handle, int format, int channels) {
    CudaTexRef one = texture(handle);
    ImageCalls.requireChannels(channels);
    one.format(format, channels);
    changed(one);
  }

  private void set(long handle, int at, int value) {
    CudaTexRef one = texture(handle);
    Host.putInt(one.sampling() + at, value);
    changed(one);
  }

  private static void requireDimension(int dimension) {
    require(dimension >= 0 && dimension < 3, "wanted a dimension 0..2, got %d", dimension);
  }

  void cuTexRefSetAddressMode(long handle, int dimension, int mode) {
    requireDimension(dimension);
    require(mode >= 0 && mode < 4, "wanted an address mode 0..3, got %d", mode);
    set(handle, 4 * dimension, mode);
  }

  void cuTexRefSetFilterMode(long handle, int mode) {
    setFilter(handle, FILTER, mode);
  }

  void cuTexRefSetMipmapFilterMode(long handle, int mode) {
    setFilter(handle, LEVEL_FILTER, mode);
  }

  private void setFilter(long handle, int at, int mode) {
    require(mode == 0 || mode == 1, "wanted a filter mode 0 or 1, got %d", mode);
    set(handle, at, mode);
  }

  void cuTexRefSetMipmapLevelBias(long handle, float bias) {
    set(handle, BIAS, Float.floatToRawIntBits(bias));
  }

  void cuTexRefSetMipmapLevelClamp(long handle, float least, float most) {
    set(handle, LEAST, Float.floatToRawIntBits(least));
    set(handle, MOST, Float.floatToRawIntBits(most));
  }

  void cuTexRefSetMaxAnisotropy(long handle, int most) {
    set(handle, ANISOTROPY, most);
  }

  void cuTexRefSetBorderColor(long handle, long colour) {
    for (int c = 0; c < 4; c++) {
      set(handle, BORDER + 4 * c, Host.getInt(colour + 4L * c));
    }
  }

  void cuTexRefSetFlags(long handle, int flags) {
    require((flags & ~FLAGS) == 0, "wanted flags of 0x%x, got 0x%x", FLAGS, flags);
    set(handle, READ_FLAGS, flags);
  }

  private void give(long to, long handle, int at) {
    Host.putInt(to, Host.getInt(texture(handle).sampling() + at));
  }

  private void giveBound(long to, long handle, int kind) {
    CudaTexRef one = texture(handle);
    boolean memory = one.kind() == ImageCalls.OF_LINEAR || one.kind() == ImageCalls.OF_PITCH;
    boolean same = kind == ImageCalls.OF_LINEAR ? memory : one.kind() == kind;
    require(one.bound != null && same, "the reference is bound to nothing of this kind");
    Host.putLong(to, Objects.requireNonNull(one.bound));
  }

  void cuTexRefGetAddress(long address, long handle) {
    giveBound(address, handle, ImageCalls.OF_LINEAR);
  }

  void cuTexRefGetArray(long array, long handle) {
    giveBound(array, handle, ImageCalls.OF_ARRAY);
  }

  void cuTexRefGetMipmappedArray(long array, long handle) {
    giveBound(array, handle, ImageCalls.OF_MIPMAP);
  }

  void cuTexRefGetAddressMode(long mode, long handle, int dimension) {
    requireDimension(dimension);
    give(mode, handle, 4 * dimension);
  }

  void cuTexRefGetFilterMode(long mode, long handle) {
    give(mode, handle, FILTER);
  }

  void cuTexRefGetFormat(long format, long channels, long handle) {
    long resource = texture(handle).resource();
    Host.offerInt(format, Host.getInt(resource + CudaTexRef.FORMAT));
    Host.offerInt(channels, Host.getInt(resource + CudaTexRef.CHANNELS));
  }

  void cuTexRefGetMipmapFilterMode(long mode, long handle) {
    give(mode, handle, LEVEL_FILTER);
  }

  void cuTexRefGetMipmapLevelBias(long bias, long handle) {
    give(bias, handle, BIAS);
  }

  void cuTexRefGetMipmapLevelClamp(long least, long most, long handle) {
    give(least, handle, LEAST);
    give(most, handle, MOST);
  }

  void cuTexRefGetMaxAnisotropy(long most, long handle) {
    give(most, handle, ANISOTROPY);
  }

  void cuTexRefGetBorderColor(long colour, long handle) {
    for (int c = 0; c < 4; c++) {
      give(colour + 4L * c, handle, BORDER + 4 * c);
    }
  }

  void cuTexRefGetFlags(long flags, long handle) {
    give(flags, handle, READ_FLAGS);
  }

  void cuSurfRefSetArray(long handle, long array, int flags) {
    CudaSurfRef one = surface(handle);
    require(flags == 0, "wanted flags 0, got %d", flags);
    Image image = array(array).image();
    one.array = array;
    driver.memory().bind(one.variable, Texture.surface(image));
  }

  void cuSurfRefGetArray(long array, long handle) {
    CudaSurfRef one = surface(handle);
    require(one.array != 0, "the reference has no array");
    Host.putLong(array, one.array);
  }
}
