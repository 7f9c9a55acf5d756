package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.PtxModule;
import dev.hindsight.softgpu.device.SimulatedDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// A simulated device with one module, and short ways to fill memory and launch.
final class TestDevice {
  final SimulatedDevice simulated;
  final PtxModule module;

  TestDevice(Options options, String ptx, String name) {
    simulated = new SimulatedDevice(options);
    module = simulated.load(ptx, name);
  }

  DeviceMemory memory() {
    return simulated.memory();
  }

  static TestDevice of(Options options, String resource) {
    return new TestDevice(options, text(resource), resource);
  }

  static String text(String resource) {
    try (InputStream in = TestDevice.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /// The fields of each line, which tabs part; what begins with # is a comment.
  static Stream<String[]> table(String resource) {
    return text(resource)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("\t", -1));
  }

  /// Compares each kernel of these files as its sample says, under the standard checks and all.
  static <S> void compareAll(
      List<String> files,
      List<S> samples,
      Function<S, String> kernel,
      BiConsumer<TestDevice, S> compare) {
    Options standard = Options.standard();
    for (Options options : List.of(standard, standard.withChecks(Check.named("all")))) {
      Set<String> kernels = new HashSet<>();
      for (String file : files) {
        TestDevice device = of(options, file);
        samples.stream()
            .filter(s -> device.module.kernels().containsKey(kernel.apply(s)))
            .forEach(s -> compare.accept(device, s));
        kernels.addAll(device.module.kernels().keySet());
      }
      assertThat(samples.stream().map(kernel)).containsExactlyInAnyOrderElementsOf(kernels);
    }
  }

  Kernel kernel(String name) {
    Kernel found = module.kernel(name);
    if (found == null) {
      throw new IllegalArgumentException("no kernel " + name);
    }
    return found;
  }

  long floats(String name, float... values) {
    long address = memory().allocate(values.length * 4L, name);
    memory().copyIn(address, MemorySegment.ofArray(values), values.length * 4L);
    return address;
  }

  /// The upper halves of floats, which is how bf16 lies in memory.
  long bf16(String name, float... values) {
    short[] halves = new short[values.length];
    for (int k = 0; k < values.length; k++) {
      halves[k] = (short) (Float.floatToRawIntBits(values[k]) >>> 16);
    }
    long address = memory().allocate(values.length * 2L, name);
    memory().copyIn(address, MemorySegment.ofArray(halves), values.length * 2L);
    return address;
  }

  float[] bf16(long address, int count) {
    short[] halves = new short[count];
    memory().copyOut(address, MemorySegment.ofArray(halves), count * 2L);
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      values[k] = Float.intBitsToFloat(halves[k] << 16);
    }
    return values;
  }

  long ints(String name, int... values) {
    long address = memory().allocate(values.length * 4L, name);
    memory().copyIn(address, MemorySegment.ofArray(values), values.length * 4L);
    return address;
  }

  long longs(String name, long... values) {
    long address = memory().allocate(values.length * 8L, name);
    memory().copyIn(address, MemorySegment.ofArray(values), values.length * 8L);
    return address;
  }

  float[] floats(long address, int count) {
    float[] values = new float[count];
    memory().copyOut(address, MemorySegment.ofArray(values), count * 4L);
    return values;
  }

  int[] ints(long address, int count) {
    int[] values = new int[count];
    memory().copyOut(address, MemorySegment.ofArray(values), count * 4L);
    return values;
  }

  long[] longs(long address, int count) {
    long[] values = new long[count];
    memory().copyOut(address, MemorySegment.ofArray(values), count * 8L);
    return values;
  }

  /// Launches with parameters that are Long (pointers), Integer, Float or bytes.
  void launch(String kernel, Dim3 grid, Dim3 block, Object... parameters) {
    launch(kernel, grid, block, 0, false, List.of(parameters));
  }

  void launch(
      String kernel, Dim3 grid, Dim3 block, int dynamic, boolean cooperative, List<Object> values) {
    Dim3 cluster = kernel(kernel).clusters().required();
    launch(kernel, new Shape(grid, cluster, block, dynamic, cooperative), values);
  }

  void launch(String kernel, Shape shape, List<Object> values) {
    Kernel found = kernel(kernel);
    ByteBuffer bytes = ByteBuffer.allocate(found.parameterBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.size(); i++) {
      int at = found.parameters().get(i).offset();
      switch (values.get(i)) {
        case Long value -> bytes.putLong(at, value);
        case Short value -> bytes.putShort(at, value);
        case Integer value -> bytes.putInt(at, value);
        case byte[] value -> bytes.put(at, value);
        case Float value -> bytes.putFloat(at, value);
        default -> throw new IllegalArgumentException("parameter " + values.get(i));
      }
    }
    simulated.launch(found, shape, bytes.array());
  }
}
