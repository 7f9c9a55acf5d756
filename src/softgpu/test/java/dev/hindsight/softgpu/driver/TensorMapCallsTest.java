package dev.hindsight.softgpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What CUDA's documents say of the arguments of tensor maps.
class TensorMapCallsTest {
  private final TensorMapCalls calls = new TensorMapCalls(new Driver(Options.standard()));
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment map = arena.allocate(192, 64);

  /// Of four dimensions unless a test changes it.
  private int type = 7;

  private int rank = 4;
  private long address = 0x2000_0000_0400L;
  private final long[] dims = {24, 9, 8, 1L << 32};
  private final long[] strides = {96, 960, 9600};
  private final int[] box = {8, 4, 2, 1};
  private final int[] steps = {1, 2, 1, 8};
  private final int[] lower = {-1, 0};
  private final int[] upper = {-1, 1};
  private int channels = 8;
  private int pixels = 64;
  private final int[] look = {0, 1, 2, 1};
  private int shift;

  private long longs(long[] values) {
    return arena.allocateFrom(ValueLayout.JAVA_LONG, values).address();
  }

  private long ints(int[] values) {
    return arena.allocateFrom(ValueLayout.JAVA_INT, values).address();
  }

  private void tiled() {
    calls.cuTensorMapEncodeTiled(
        map.address() + shift,
        type,
        rank,
        address,
        longs(dims),
        longs(strides),
        ints(box),
        ints(steps),
        look[0],
        look[1],
        look[2],
        look[3]);
  }

  private void columns() {
    calls.cuTensorMapEncodeIm2col(
        map.address() + shift,
        type,
        rank,
        address,
        longs(dims),
        longs(strides),
        ints(lower),
        ints(upper),
        channels,
        pixels,
        ints(steps),
        look[0],
        look[1],
        look[2],
        look[3]);
  }

  @Test
  void aTileIsKept() {
    tiled();
    TensorMap made = new TensorMap(map);
    assertThat(made.isValid()).isTrue();
    assertThat(made.element()).isEqualTo(Element.F32);
    assertThat(made.columns()).isFalse();
    assertThat(made.rank()).isEqualTo(4);
    for (int d = 0; d < 4; d++) {
      assertThat(made.extent(d)).isEqualTo(dims[d]);
      assertThat(made.stride(d)).isEqualTo(d == 0 ? 4 : strides[d - 1]);
      assertThat(made.get(Field.BOX_DIM, d)).isEqualTo(box[d]);
      assertThat(made.get(Field.ELEMENT_STRIDE, d)).isEqualTo(steps[d]);
    }
    assertThat(Float.intBitsToFloat((int) made.fill())).isNaN();
    calls.cuTensorMapReplaceAddress(map.address(), 0x2000_0000_0800L);
    assertThat(made.get(Field.GLOBAL_ADDRESS, 0)).isEqualTo(0x2000_0000_0800L);
    refused("wanted an address", () -> calls.cuTensorMapReplaceAddress(map.address(), 8));
    map.set(ValueLayout.JAVA_INT, 0, 7);
    refused("no tensor map", () -> calls.cuTensorMapReplaceAddress(map.address(), 1024));
  }

  @Test
  void columnsAreKept() {
    columns();
    TensorMap made = new TensorMap(map);
    assertThat(made.columns()).isTrue();
    assertThat(made.get(Field.CHANNELS, 0)).isEqualTo(8);
    assertThat(made.get(Field.PIXELS, 0)).isEqualTo(64);
    for (int d = 0; d < 2; d++) {
      assertThat(made.corner(Field.LOWER_CORNER, d)).isEqualTo(lower[d]);
      assertThat(made.corner(Field.UPPER_CORNER, d)).isEqualTo(upper[d]);
    }
  }

  private static void refused(String why, Runnable call) {
    DriverException thrown = catchThrowableOfType(DriverException.class, call::run);
    assertThat(thrown).as(why).isNotNull();
    assertThat(thrown.reason()).contains(why);
    boolean lacking = why.endsWith("are not");
    assertThat(thrown.result)
        .isEqualTo(lacking ? CudaResult.NOT_SUPPORTED : CudaResult.INVALID_VALUE);
  }

  @ParameterizedTest
  @CsvSource({
    "shift, 16, wanted a map at a multiple of 64",
    "type, 16, 'wanted a type 0..15, got 16'",
    "type, 13, packed types (13..) are not",
    "rank, 0, 'wanted 1 to 5 dimensions, got 0'",
    "rank, 6, 'wanted 1 to 5 dimensions, got 6'",
    "address, 8, wanted an address that is a multiple of 16",
    "address, 0, wanted an address",
    "dims0, 0, 'wanted globalDim[0] of 1 to 2^32, got 0'",
    "dims3, 4294967297, 'wanted globalDim[3] of 1 to 2^32'",
    "strides1, 8, wanted globalStrides[1] below 2^40 and a multiple of 16",
    "strides2, 1099511627776, wanted globalStrides[2] below 2^40",
    "strides1, 0, wanted globalStrides[1]",
    "box1, 0, 'wanted boxDim[1] of 1 to 256, got 0'",
    "box2, 257, 'wanted boxDim[2] of 1 to 256, got 257'",
    "box0, 3, 'wanted rows of a multiple of 16 bytes, got 12'",
    "box0, 16, rows of 64 bytes do not fit a swizzle of 32",
    "steps1, 0, wanted elementStrides[1] of 1 to 8",
    "steps1, 9, wanted elementStrides[1] of 1 to 8",
    "look0, 3, wanted an interleave 0..2",
    "look0, 1, interleaved slices are not",
    "look0, 2, interleaved slices are not",
    "look1, 7, wanted a swizzle 0..6",
    "look1, 4, swizzles of sm_100 are not",
    "look2, 4, wanted an L2 promotion 0..3",
    "look3, 2, wanted a fill 0 or 1",
    "type, 2, 'wanted floats to fill with NaN, got U32'",
  })
  void aTileIsRefused(String what, long value, String why) {
    change(what, value);
    refused(why, this::tiled);
  }

  @ParameterizedTest
  @CsvSource({
    "rank, 2, 'wanted 3 to 5 dimensions, got 2'",
    "channels, 257, 'wanted 1 to 256 channels, got 257'",
    "pixels, 1025, 'wanted 1 to 1024 pixels, got 1025'",
    "lower0, -129, 'wanted corners from -128 to 127, got -129 and -1'",
    "upper1, 128, 'wanted corners from -128 to 127, got 0 and 128'",
    "lower1, 9, the box of pixels is empty along dimension 2",
    "shift, 16, wanted a map at a multiple of 64",
    "steps2, 9, wanted elementStrides[2]",
  })
  void columnsAreRefused(String what, long value, String why) {
    change(what, value);
    refused(why, this::columns);
  }

  @Test
  void slicesNeedMoreAlignment() {
    look[0] = 2;
    address += 16;
    refused("wanted an address that is a multiple of 32", this::tiled);
    address += 16;
    strides[0] = 112;
    refused("a multiple of 32", this::tiled);
    strides[0] = 96;
    look[1] = 2;
    refused("wanted the swizzle of 32 bytes", this::tiled);
    rank = 2;
    refused("wanted 3 dimensions or more", this::tiled);
  }

  @Test
  void oneDimensionHasNoStride() {
    rank = 1;
    assertThatCode(
            () ->
                calls.cuTensorMapEncodeTiled(
                    map.address(),
                    0,
                    1,
                    address,
                    longs(dims),
                    0,
                    ints(new int[] {256}),
                    ints(steps),
                    0,
                    0,
                    0,
                    0))
        .doesNotThrowAnyException();
  }

  private void change(String what, long value) {
    int index = what.charAt(what.length() - 1) - '0';
    switch (what.replaceAll("\\d", "")) {
      case "shift" -> shift = (int) value;
      case "type" -> type = (int) value;
      case "rank" -> rank = (int) value;
      case "address" -> address = value;
      case "dims" -> dims[index] = value;
      case "strides" -> strides[index] = value;
      case "box" -> box[index] = (int) value;
      case "steps" -> steps[index] = (int) value;
      case "look" -> look[index] = (int) value;
      case "channels" -> channels = (int) value;
      case "pixels" -> pixels = (int) value;
      case "lower" -> lower[index] = (int) value;
      default -> upper[index] = (int) value;
    }
  }
}
