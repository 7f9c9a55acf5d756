package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import java.util.Arrays;

/// Tensor maps, whose bytes the program owns.
final class TensorMapCalls extends Calls {
  private static final int INTERLEAVE_32 = 2;
  private static final int SWIZZLE_32 = 1;
  private static final int PACKED = 13;
  private static final int LAST_TYPE = 15;
  private static final long MOST_STRIDE = 1L << 40;

  TensorMapCalls(Driver driver) {
    super(driver);
  }

  /// What tiles and columns have in common.
  ///
  /// @param width bytes of the innermost dimension of a part
  private record Shape(
      int type, int rank, long address, long dims, long strides, long steps, long width) {}

  /// How a part lies in shared memory, and what is outside.
  private record Look(int interleave, int swizzle, int promotion, int fill) {}

  void cuTensorMapEncodeTiled(
      long map,
      int type,
      int rank,
      long address,
      long dims,
      long strides,
      long box,
      long steps,
      int interleave,
      int swizzle,
      int promotion,
      int fill) {
    require(rank >= 1 && rank <= 5, "wanted 1 to 5 dimensions, got %d", rank);
    for (int d = 0; d < rank; d++) {
      long each = Integer.toUnsignedLong(Host.getInt(box + 4L * d));
      require(each >= 1 && each <= 256, "wanted boxDim[%d] of 1 to 256, got %d", d, each);
    }
    long width = (long) Host.getInt(box) * element(type).bytes;
    TensorMap made =
        common(
            map,
            new Shape(type, rank, address, dims, strides, steps, width),
            new Look(interleave, swizzle, promotion, fill));
    for (int d = 0; d < rank; d++) {
      made.set(Field.BOX_DIM, d, Host.getInt(box + 4L * d));
    }
  }

  void cuTensorMapEncodeIm2col(
      long map,
      int type,
      int rank,
      long address,
      long dims,
      long strides,
      long lower,
      long upper,
      int channels,
      int pixels,
      long steps,
      int interleave,
      int swizzle,
      int promotion,
      int fill) {
    require(rank >= 3 && rank <= 5, "wanted 3 to 5 dimensions, got %d", rank);
    require(channels >= 1 && channels <= 256, "wanted 1 to 256 channels, got %d", channels);
    require(pixels >= 1 && pixels <= 1024, "wanted 1 to 1024 pixels, got %d", pixels);
    int most = rank == 3 ? 32767 : rank == 4 ? 127 : 15;
    for (int d = 0; d < rank - 2; d++) {
      int low = Host.getInt(lower + 4L * d);
      int high = Host.getInt(upper + 4L * d);
      require(
          Math.max(low, high) <= most && Math.min(low, high) >= -most - 1,
          "wanted corners from %d to %d, got %d and %d",
          -most - 1,
          most,
          low,
          high);
      long extent = Host.getLong(dims + 8L * (d + 1));
      require(extent + high > low, "the box of pixels is empty along dimension %d", d + 1);
    }
    TensorMap made =
        common(
            map,
            new Shape(
                type, rank, address, dims, strides, steps, (long) channels * element(type).bytes),
            new Look(interleave, swizzle, promotion, fill));
    made.set(Field.COLUMNS, 0, 1);
    made.set(Field.CHANNELS, 0, channels);
    made.set(Field.PIXELS, 0, pixels);
    for (int d = 0; d < rank - 2; d++) {
      made.set(Field.LOWER_CORNER, d, Host.getInt(lower + 4L * d));
      made.set(Field.UPPER_CORNER, d, Host.getInt(upper + 4L * d));
    }
  }

  private static Element element(int type) {
    require(type >= 0 && type <= LAST_TYPE, "wanted a type 0..%d, got %d", LAST_TYPE, type);
    return Arrays.stream(Element.values())
        .filter(each -> each.number == type)
        .findFirst()
        .orElseThrow(
            () ->
                new DriverException(
                    CudaResult.NOT_SUPPORTED, "packed types (%d..) are not".formatted(PACKED)));
  }

  private static TensorMap common(long map, Shape of, Look look) {
    require(map != 0 && map % 64 == 0, "wanted a map at a multiple of 64, got 0x%x", map);
    Element element = element(of.type);
    check(of, look, element);
    TensorMap made = TensorMap.begin(Host.at(map, TensorMap.BYTES));
    made.set(Field.ELEMTYPE, 0, element.code);
    made.set(Field.RANK, 0, of.rank - 1L);
    made.set(Field.SWIZZLE_MODE, 0, look.swizzle);
    made.set(Field.FILL_MODE, 0, look.fill);
    made.set(Field.GLOBAL_ADDRESS, 0, of.address);
    for (int d = 0; d < of.rank; d++) {
      made.set(Field.GLOBAL_DIM, d, Host.getLong(of.dims + 8L * d));
      made.set(Field.ELEMENT_STRIDE, d, Host.getInt(of.steps + 4L * d));
      if (d > 0) {
        made.set(Field.GLOBAL_STRIDE, d - 1, Host.getLong(of.strides + 8L * (d - 1)));
      }
    }
    return made;
  }

  private static void check(Shape of, Look look, Element element) {
    boolean slices = look.interleave != 0;
    require(
        look.interleave >= 0 && look.interleave <= INTERLEAVE_32,
        "wanted an interleave 0..2, got %d",
        look.interleave);
    require(look.swizzle >= 0 && look.swizzle <= 6, "wanted a swizzle 0..6, got %d", look.swizzle);
    require(
        look.promotion >= 0 && look.promotion <= 3,
        "wanted an L2 promotion 0..3, got %d",
        look.promotion);
    require(look.fill == 0 || look.fill == 1, "wanted a fill 0 or 1, got %d", look.fill);
    require(
        look.fill == 0 || element.floating(), "wanted floats to fill with NaN, got %s", element);
    require(!slices || of.rank >= 3, "wanted 3 dimensions or more where slices interleave");
    int align = look.interleave == INTERLEAVE_32 ? 32 : 16;
    require(
        of.address != 0 && of.address % align == 0,
        "wanted an address that is a multiple of %d, got 0x%x",
        align,
        of.address);
    for (int d = 0; d < of.rank; d++) {
      extent(of, d, align);
    }
    require(
        look.interleave != INTERLEAVE_32 || look.swizzle == SWIZZLE_32,
        "wanted the swizzle of 32 bytes where slices of 32 interleave");
    if (slices || look.swizzle > 3) {
      throw new DriverException(
          CudaResult.NOT_SUPPORTED,
          slices ? "interleaved slices are not supported" : "swizzles of sm_100 are not supported");
    }
    require(of.width % 16 == 0, "wanted rows of a multiple of 16 bytes, got %d", of.width);
    require(
        look.swizzle == 0 || of.width <= 16L << look.swizzle,
        "rows of %d bytes do not fit a swizzle of %d",
        of.width,
        16 << look.swizzle);
  }

  private static void extent(Shape of, int d, int align) {
    long extent = Host.getLong(of.dims + 8L * d);
    require(
        extent >= 1 && extent <= 1L << 32, "wanted globalDim[%d] of 1 to 2^32, got %d", d, extent);
    int step = Host.getInt(of.steps + 4L * d);
    require(step >= 1 && step <= 8, "wanted elementStrides[%d] of 1 to 8, got %d", d, step);
    if (d > 0) {
      long stride = Host.getLong(of.strides + 8L * (d - 1));
      require(
          stride % align == 0 && stride >= 0 && stride < MOST_STRIDE,
          "wanted globalStrides[%d] below 2^40 and a multiple of %d, got %d",
          d - 1,
          align,
          stride);
      require(
          d == 1 || stride >= Host.getLong(of.dims + 8L * (d - 1)),
          "wanted globalStrides[%d] of globalDim[%d] or more, got %d",
          d - 1,
          d - 1,
          stride);
    }
  }

  void cuTensorMapReplaceAddress(long map, long address) {
    require(map != 0 && map % 64 == 0, "wanted a map at a multiple of 64, got 0x%x", map);
    TensorMap changed = new TensorMap(Host.at(map, TensorMap.BYTES));
    require(changed.isValid(), "what lies at 0x%x is no tensor map", map);
    require(
        address != 0 && address % 16 == 0,
        "wanted an address that is a multiple of 16, got 0x%x",
        address);
    changed.set(Field.GLOBAL_ADDRESS, 0, address);
  }
}
