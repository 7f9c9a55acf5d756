package dev.hindsight.softgpu.base;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How copies of a tensor's parts go: 128 bytes that programs pass around and do not read. Their
/// layout is ours.
public final class TensorMap {
  public static final int BYTES = 128;
  private static final int MARK = 0x70616d74;

  /// What the elements are.
  public enum Element {
    U8(1, 0, 0),
    U16(2, 1, 1),
    U32(4, 2, 2),
    S32(4, 3, 3),
    U64(8, 4, 4),
    S64(8, 5, 5),
    F16(2, 6, 6),
    F32(4, 7, 7),
    F32_FTZ(4, 8, 10),
    F64(8, 9, 8),
    BF16(2, 10, 9),
    TF32(4, 11, 11),
    TF32_FTZ(4, 12, 12);

    public final int bytes;

    /// Its number in PTX, which a map holds.
    public final int code;

    /// Its number in `CUtensorMapDataType`.
    public final int number;

    Element(int bytes, int code, int number) {
      this.bytes = bytes;
      this.code = code;
      this.number = number;
    }

    public boolean floating() {
      return code >= 6;
    }
  }

  /// Where something lies, of which there may be one for each dimension.
  public enum Field {
    MARK(0, 4, 1),
    /// 1 where a copy takes columns of pixels, `im2col`.
    COLUMNS(4, 1, 1),
    /// One less than the number of dimensions.
    RANK(5, 1, 1),
    ELEMTYPE(6, 1, 1),
    INTERLEAVE_LAYOUT(7, 1, 1),
    SWIZZLE_MODE(8, 1, 1),
    FILL_MODE(9, 1, 1),
    GLOBAL_ADDRESS(16, 8, 1),
    GLOBAL_DIM(24, 4, 5),
    BOX_DIM(44, 2, 5),
    ELEMENT_STRIDE(54, 1, 5),
    GLOBAL_STRIDE(64, 8, 4),
    LOWER_CORNER(96, 2, 3),
    UPPER_CORNER(102, 2, 3),
    CHANNELS(108, 2, 1),
    PIXELS(110, 2, 1);

    public final int at;
    public final int bytes;
    public final int count;

    Field(int at, int bytes, int count) {
      this.at = at;
      this.bytes = bytes;
      this.count = count;
    }
  }

  private final MemorySegment bytes;

  /// Of bytes that somebody passed.
  public TensorMap(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /// Begins a new one in these bytes.
  public static TensorMap begin(MemorySegment bytes) {
    bytes.asSlice(0, BYTES).fill((byte) 0);
    TensorMap made = new TensorMap(bytes);
    made.set(Field.MARK, 0, MARK);
    return made;
  }

  /// Whether it is one, with numbers that mean something.
  public boolean isValid() {
    return get(Field.MARK, 0) == MARK
        && get(Field.RANK, 0) < 5
        && get(Field.ELEMTYPE, 0) < Element.values().length
        && get(Field.SWIZZLE_MODE, 0) < 4
        && get(Field.INTERLEAVE_LAYOUT, 0) == 0;
  }

  public void set(Field field, int index, long value) {
    long at = field.at + (long) field.bytes * index;
    for (int i = 0; i < field.bytes; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, at + i, (byte) (value >>> (8 * i)));
    }
  }

  /// Without a sign.
  public long get(Field field, int index) {
    long at = field.at + (long) field.bytes * index;
    long value = 0;
    for (int i = 0; i < field.bytes; i++) {
      value |= (bytes.get(ValueLayout.JAVA_BYTE, at + i) & 0xffL) << (8 * i);
    }
    return value;
  }

  public int rank() {
    return (int) get(Field.RANK, 0) + 1;
  }

  public boolean columns() {
    return get(Field.COLUMNS, 0) != 0;
  }

  public Element element() {
    return Element.values()[(int) get(Field.ELEMTYPE, 0)];
  }

  /// How many elements the tensor has along a dimension, up to 2^32.
  public long extent(int dimension) {
    long stored = get(Field.GLOBAL_DIM, dimension);
    return stored == 0 ? 1L << 32 : stored;
  }

  /// Bytes from an element to the next along a dimension.
  public long stride(int dimension) {
    return dimension == 0 ? element().bytes : get(Field.GLOBAL_STRIDE, dimension - 1);
  }

  /// From which corner pixels are taken; `field` is that of the corner.
  public int corner(Field field, int index) {
    return (short) get(field, index);
  }

  /// Where a byte of the part goes in shared memory: units of 16 bytes change places within 32, 64
  /// or 128, as the bits above say.
  public int swizzled(int address) {
    return swizzled(address, (int) get(Field.SWIZZLE_MODE, 0));
  }

  /// The same by a mode.
  ///
  /// @param mode 0 none, 1 within 32 bytes, 2 within 64, 3 within 128
  public static int swizzled(int address, int mode) {
    return address ^ (address >>> 3 & ((1 << mode) - 1) << 4);
  }

  /// What an element is that lies outside, as bits.
  public long fill() {
    if (get(Field.FILL_MODE, 0) == 0) {
      return 0;
    }
    return switch (element()) {
      case F16, BF16 -> 0x7fff;
      case F64 -> 0x7fffffffffffffffL;
      default -> 0x7fffffff;
    };
  }
}
