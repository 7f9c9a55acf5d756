package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Parts of tensors that go to shared memory and come from there, element by element.
class TensorMapTest {
  private static final int PARTS = 12;
  private final TestDevice device = TestDevice.of(Options.standard(), "hopper.ptx");
  private final Random random = new Random(12);

  private void launch(String kernel, Object... parameters) {
    device.launch(kernel, new Dim3(1), new Dim3(64), parameters);
  }

  private Object[] parameters(Object map, long memory, int bytes, int[] at, int... offsets) {
    List<Object> all = new ArrayList<>(List.of(map, memory, bytes));
    IntStream.range(0, 5).forEach(d -> all.add(d < at.length ? at[d] : 0));
    Arrays.stream(offsets).forEach(offset -> all.add((short) offset));
    return all.toArray();
  }

  /// Places of a tile, in the order of shared memory.
  private List<int[]> tile(MappedTensor of, int[] at) {
    int width = of.width();
    of.fields.set(Field.BOX_DIM, 0, width);
    List<int[]> places = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      int[] place = at.clone();
      place[0] += i;
      places.add(place);
    }
    for (int d = 1; d < of.rank; d++) {
      int step = 1 + random.nextInt(2);
      int extent = 1 + random.nextInt(of.rank > 3 ? 4 : 9);
      of.fields.set(Field.BOX_DIM, d, extent);
      of.fields.set(Field.ELEMENT_STRIDE, d, step);
      List<int[]> inner = List.copyOf(places);
      places.clear();
      for (int i = 0; i < extent; i += step) {
        for (int[] place : inner) {
          int[] moved = place.clone();
          moved[d] += i;
          places.add(moved);
        }
      }
    }
    return places;
  }

  private int[] corner(MappedTensor of) {
    return Arrays.stream(of.extents).map(n -> random.nextInt(n + 3) - 3).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void tilesComeAndGo(int rank) {
    for (int done = 0; done < PARTS; ) {
      MappedTensor tensor = new MappedTensor(device, random, rank, 1);
      int[] at = corner(tensor);
      List<int[]> places = tile(tensor, at);
      int bytes = places.size() * tensor.element.bytes;
      if (bytes > 8192 || (tensor.mode != 0 && bytes % 128 != 0)) {
        continue; // swizzled units of the last line would lie among bytes that nobody writes
      }
      done++;
      byte[] wanted = new byte[bytes];
      for (int n = 0; n < places.size(); n++) {
        tensor.put(wanted, n, places.get(n));
      }
      long y = device.memory().allocate(bytes, "y");
      launch("load_%dd".formatted(rank), parameters(tensor.map, y, bytes, at, 0, 0, 0));
      assertThat(tensor.copy(y, bytes)).isEqualTo(wanted);

      byte[] fresh = new byte[bytes];
      random.nextBytes(fresh);
      device.memory().copyIn(y, MemorySegment.ofArray(fresh), bytes);
      byte[] after = tensor.bytes.clone();
      for (int n = 0; n < places.size(); n++) {
        int to = tensor.at(places.get(n));
        for (int b = 0; to >= 0 && b < tensor.element.bytes; b++) {
          after[to + b] = fresh[MappedTensor.swizzled(n * tensor.element.bytes + b, tensor.mode)];
        }
      }
      launch("store_%dd".formatted(rank), parameters(tensor.map, y, bytes, at));
      assertThat(tensor.copy(tensor.address, after.length)).isEqualTo(after);
    }
  }

  /// All pixels that may begin a window, in their order, from the whole list of which a part is
  /// taken.
  private static List<int[]> pixels(MappedTensor of, int[] lower, int[] upper, int[] steps) {
    List<int[]> all = new ArrayList<>();
    all.add(new int[of.rank]);
    for (int d = of.rank - 1; d > 0; d--) {
      boolean images = d == of.rank - 1;
      int first = images ? 0 : lower[d - 1];
      int last = images ? of.extents[d] + 2 : of.extents[d] + upper[d - 1];
      List<int[]> outer = List.copyOf(all);
      all.clear();
      for (int[] place : outer) {
        for (int i = first; i < last; i += images ? 1 : steps[d]) {
          int[] moved = place.clone();
          moved[d] = i;
          all.add(moved);
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void columnsOfPixels(int rank) {
    for (int done = 0; done < PARTS; ) {
      MappedTensor tensor = new MappedTensor(device, random, rank, 4);
      int channels = tensor.width();
      int[] lower = random.ints(rank - 2, -2, 1).toArray();
      int[] upper = random.ints(rank - 2, -2, 2).toArray();
      int[] steps = random.ints(rank, 1, 3).toArray();
      List<int[]> pixels = pixels(tensor, lower, upper, steps);
      int first = random.nextInt(pixels.size() / 2);
      int count = Math.min(8 * (1 + random.nextInt(4)), (pixels.size() - first) / 8 * 8);
      int bytes = count * channels * tensor.element.bytes;
      if (count == 0 || (tensor.mode != 0 && bytes % 128 != 0)) {
        continue;
      }
      done++;
      tensor.fields.set(Field.COLUMNS, 0, 1);
      tensor.fields.set(Field.CHANNELS, 0, channels);
      tensor.fields.set(Field.PIXELS, 0, count);
      for (int d = 0; d < rank; d++) {
        tensor.fields.set(Field.ELEMENT_STRIDE, d, steps[d]);
      }
      for (int d = 0; d < rank - 2; d++) {
        tensor.fields.set(Field.LOWER_CORNER, d, lower[d]);
        tensor.fields.set(Field.UPPER_CORNER, d, upper[d]);
      }
      int[] offsets = random.ints(3, 0, 3).toArray();
      int[] at = pixels.get(first).clone();
      at[0] = random.nextInt(3) - 1;
      byte[] wanted = new byte[bytes];
      for (int n = 0; n < count * channels; n++) {
        int[] place = pixels.get(first + n / channels).clone();
        place[0] = at[0] + n % channels;
        for (int d = 1; d < rank - 1; d++) {
          place[d] += offsets[d - 1];
        }
        tensor.put(wanted, n, place);
      }
      long y = device.memory().allocate(bytes, "y");
      launch("columns_%dd".formatted(rank), parameters(tensor.map, y, bytes, at, offsets));
      assertThat(tensor.copy(y, bytes)).isEqualTo(wanted);
      if (rank == 4) {
        launch("store_columns_4d", parameters(tensor.map, y, bytes, at));
      }
    }
  }

  private interface Combines {
    long apply(long a, long b);
  }

  @ParameterizedTest
  @CsvSource({
    "add, U32",
    "add, S32",
    "add, U64",
    "min, S32",
    "min, U32",
    "max, S64",
    "max, U64",
    "inc, U32",
    "dec, U32",
    "and, U32",
    "or, S32",
    "xor, U64"
  })
  void partsAreCombined(String what, Element of) {
    int each = 32 / of.bytes;
    byte[] map = new byte[TensorMap.BYTES];
    TensorMap fields = TensorMap.begin(MemorySegment.ofArray(map));
    long[] old = values(of, each * 4);
    long[] more = values(of, each * 8);
    long address = put(of, old);
    fields.set(Field.GLOBAL_ADDRESS, 0, address);
    fields.set(Field.RANK, 0, 1);
    fields.set(Field.ELEMTYPE, 0, of.code);
    fields.set(Field.GLOBAL_DIM, 0, each);
    fields.set(Field.GLOBAL_DIM, 1, 4);
    fields.set(Field.GLOBAL_STRIDE, 0, 32);
    fields.set(Field.BOX_DIM, 0, each);
    fields.set(Field.BOX_DIM, 1, 8);
    fields.set(Field.ELEMENT_STRIDE, 1, 1);
    launch(what + "_2d", parameters(map, put(of, more), 256, new int[] {-1, 2}));
    Combines how =
        switch (what) {
          case "add" -> Long::sum;
          case "min" -> signed(of) ? Math::min : (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b;
          case "max" -> signed(of) ? Math::max : (a, b) -> Long.compareUnsigned(a, b) > 0 ? a : b;
          case "inc" -> (a, b) -> a >= b ? 0 : a + 1;
          case "dec" -> (a, b) -> a == 0 || a > b ? b : a - 1;
          case "and" -> (a, b) -> a & b;
          case "or" -> (a, b) -> a | b;
          default -> (a, b) -> a ^ b;
        };
    long[] wanted = old.clone();
    for (int row = 2; row < 4; row++) {
      for (int column = 0; column < each - 1; column++) {
        int at = row * each + column;
        wanted[at] = narrowed(of, how.apply(old[at], more[(row - 2) * each + column + 1]));
      }
    }
    assertThat(get(of, address, wanted.length)).containsExactly(wanted);
  }

  private static boolean signed(Element of) {
    return of == Element.S32 || of == Element.S64;
  }

  private static long narrowed(Element of, long value) {
    return of.bytes == 8 ? value : of == Element.S32 ? (int) value : value & 0xffffffffL;
  }

  private long[] values(Element of, int count) {
    return random.longs(count).map(v -> narrowed(of, v >> random.nextInt(60))).toArray();
  }

  private long put(Element of, long[] values) {
    ByteBuffer raw = ByteBuffer.allocate(of.bytes * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long v : values) {
      if (of.bytes == 8) {
        raw.putLong(v);
      } else {
        raw.putInt((int) v);
      }
    }
    long address = device.memory().allocate(raw.capacity(), of.name());
    device.memory().copyIn(address, MemorySegment.ofArray(raw.array()), raw.capacity());
    return address;
  }

  private long[] get(Element of, long address, int count) {
    byte[] raw = new byte[of.bytes * count];
    device.memory().copyOut(address, MemorySegment.ofArray(raw), raw.length);
    ByteBuffer from = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    return IntStream.range(0, count)
        .mapToLong(i -> of.bytes == 8 ? from.getLong(8 * i) : narrowed(of, from.getInt(4 * i)))
        .toArray();
  }

  @Test
  void rowsOfNumbersAreCombined() {
    float[] x = {1, -0.0f, Float.NaN, Float.POSITIVE_INFINITY, 1e-40f, 3.5f, 1e30f, -7};
    float[] y = {2, 0, 1, Float.NEGATIVE_INFINITY, 1e-40f, 0x1p-30f, 1e30f, 7};
    long to = device.floats("y", y);
    launch("fold_add_f32", device.floats("x", x), to, 32);
    assertThat(device.floats(to, 8)).containsExactly(3, 0, Float.NaN, Float.NaN, 0, 3.5f, 2e30f, 0);
    int[] a = {5, -5, Integer.MIN_VALUE, 0};
    to = device.ints("y", 4, 4, 4, 4);
    launch("fold_min_s32", device.ints("x", a), to, 16);
    assertThat(device.ints(to, 4)).containsExactly(4, -5, Integer.MIN_VALUE, 0);
    to = device.ints("y", 4, 5, -1, 6);
    launch("fold_inc_u32", device.ints("x", a), to, 16);
    assertThat(device.ints(to, 4)).containsExactly(5, 6, 0, 0);
    to = device.longs("y", 1, -1);
    launch("fold_max_u64", device.longs("x", 2, 2), to, 16);
    assertThat(device.longs(to, 2)).containsExactly(2, -1);
    to = device.longs("y", 1, -1);
    launch("fold_xor_b64", device.longs("x", 3, 2), to, 16);
    assertThat(device.longs(to, 2)).containsExactly(2, -3);
    to = device.longs("y", Double.doubleToLongBits(0.1), Double.doubleToLongBits(1e-310));
    long[] doubles = {Double.doubleToLongBits(0.2), Double.doubleToLongBits(1e-310)};
    launch("fold_add_f64", device.longs("x", doubles), to, 16);
    assertThat(device.longs(to, 2))
        .containsExactly(Double.doubleToLongBits(0.1 + 0.2), Double.doubleToLongBits(2e-310));
  }

  @Test
  void rowsOfHalvesAreCombined() {
    float[] x = {1, Float.NaN, 65504, -0.0f, 2, -3, 0x1p-24f, 5};
    float[] y = {2, 1, 65504, 0, Float.NaN, -2, 0x1p-24f, 6};
    float[] sums = new float[8];
    float[] least = {1, 1, 65504, -0.0f, 2, -3, 0x1p-24f, 5};
    for (int i = 0; i < 8; i++) {
      sums[i] = Float.float16ToFloat(Float.floatToFloat16(x[i] + y[i]));
    }
    assertThat(halves("fold_add_f16", x, y)).containsExactly(sums);
    assertThat(halves("fold_min_f16", x, y)).containsExactly(least);
    long to = device.bf16("y", y);
    launch("fold_max_bf16", device.bf16("x", x), to, 16);
    assertThat(device.bf16(to, 8)).containsExactly(2, 1, 65280, 0, 2, -2, 0x1p-24f, 6);
    to = device.bf16("y", 1, 256, 3, 4, 5, 6, 7, 8);
    launch("fold_add_bf16", device.bf16("x", 1, 1, 1, 1, 1, 1, 1, 1), to, 16);
    assertThat(device.bf16(to, 8)).containsExactly(2, 256, 4, 5, 6, 7, 8, 9);
  }

  private float[] halves(String kernel, float[] x, float[] y) {
    int[] words = new int[8];
    for (int i = 0; i < 8; i++) {
      words[i / 2] |= (Float.floatToFloat16(x[i]) & 0xffff) << (16 * (i % 2));
      words[4 + i / 2] |= (Float.floatToFloat16(y[i]) & 0xffff) << (16 * (i % 2));
    }
    long to = device.ints("y", Arrays.copyOfRange(words, 4, 8));
    launch(kernel, device.ints("x", Arrays.copyOf(words, 4)), to, 16);
    int[] got = device.ints(to, 4);
    float[] all = new float[8];
    for (int i = 0; i < 8; i++) {
      all[i] = Float.float16ToFloat((short) (got[i / 2] >>> (16 * (i % 2))));
    }
    return all;
  }

  @Test
  void aBarrierCountsWhatComesToSharedMemoryInBulk() {
    int[] x = random.ints(64).toArray();
    long y = device.memory().allocate(512, "y");
    launch("fold_shared", device.ints("x", x), y);
    assertThat(device.ints(y, 64))
        .containsExactly(IntStream.range(0, 64).map(i -> x[i] + 1000 + i).toArray());
    launch("bulk_through", device.ints("x", x), y);
    assertThat(device.ints(y, 64)).containsExactly(x);
    assertThat(device.ints(y + 256, 64))
        .containsExactly(
            IntStream.range(0, 64).map(i -> i == 0 ? 8 : i < 32 ? x[i] : x[i] + 1).toArray());
  }

  @Test
  void aKernelMakesAMap() {
    float[] x = new float[20 * 5];
    IntStream.range(0, x.length).forEach(i -> x[i] = i);
    MappedTensor tensor = new MappedTensor(device, random, 2, 5);
    long made = device.memory().allocate(TensorMap.BYTES, "made");
    long y = device.memory().allocate(256, "y");
    launch("replaced", tensor.map, made, device.floats("x", x), y, 20, 5);
    float[] wanted = new float[64];
    for (int i = 0; i < 64; i++) {
      int row = i / 8 - 2;
      int column = i % 8 - 1;
      wanted[i] = row < 0 || row >= 5 || column < 0 ? Float.NaN : x[row * 20 + column];
    }
    assertThat(device.floats(y, 64)).containsExactly(wanted);
  }

  @Test
  void floatsAreRoundedOrFlushedAsTheMapSays() {
    float[] x = {1 + 0x1p-11f, 1 + 0x3p-11f, -1 - 0x1p-10f - 0x1p-23f, 1e-40f};
    float[][] wanted = {
      {x[0], x[1], x[2], 0},
      {1, 1 + 0x1p-9f, -1 - 0x1p-10f, 1e-40f},
      {1, 1 + 0x1p-9f, -1 - 0x1p-10f, 0}
    };
    wanted[1][3] = Float.intBitsToFloat((Float.floatToRawIntBits(1e-40f) + 0xfff) & 0xffffe000);
    Element[] of = {Element.F32_FTZ, Element.TF32, Element.TF32_FTZ};
    for (int i = 0; i < of.length; i++) {
      byte[] map = new byte[TensorMap.BYTES];
      TensorMap fields = TensorMap.begin(MemorySegment.ofArray(map));
      fields.set(Field.GLOBAL_ADDRESS, 0, device.floats("x", x));
      fields.set(Field.ELEMTYPE, 0, of[i].code);
      fields.set(Field.GLOBAL_DIM, 0, 4);
      fields.set(Field.BOX_DIM, 0, 4);
      long y = device.memory().allocate(16, "y");
      launch("load_1d", parameters(map, y, 16, new int[1], 0, 0, 0));
      assertThat(device.floats(y, 4)).as(of[i].name()).containsExactly(wanted[i]);
    }
  }

  @Test
  void aParameterLiesBehindAGenericAddress() {
    int[] x = random.ints(8, 0, 99).toArray();
    byte[] numbers = new byte[32];
    ByteBuffer.wrap(numbers).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(x);
    int[] others = random.ints(8, 0, 99).toArray();
    long y = device.memory().allocate(256, "y");
    launch("parameter", numbers, device.ints("x", others), y);
    int[] wanted = new int[2];
    for (int i = 0; i < 8; i++) {
      wanted[1] += x[i] * (i + 1);
      wanted[0] += others[i] * (i + 1);
    }
    assertThat(device.ints(y, 2)).containsExactly(wanted);
  }
}
