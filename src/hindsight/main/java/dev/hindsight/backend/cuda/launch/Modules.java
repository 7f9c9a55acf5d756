package dev.hindsight.backend.cuda.launch;

import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadDataEx;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.device.Cuda;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.tensor.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;

/// The PTX of this build, compiled by the driver for the GPU at hand: each kernel by itself, when
/// it is first asked for. A step of one model launches a few of them, and compiling all would take
/// seconds.
public final class Modules implements AutoCloseable {
  private static final int LOG_BYTES = 16 << 10;

  /// Of kernels that another backend of this process has loaded: files have megabytes.
  private static final Map<String, SoftReference<String>> TEXTS = new ConcurrentHashMap<>();

  private final CudaDevice device;
  private final Precision precision;
  private final Map<String, CUmodule> loaded = new HashMap<>(); // by kernel
  private final Map<String, CUmodule> others = new HashMap<>(); // by text

  public Modules(CudaDevice device, Precision precision) {
    this.device = device;
    this.precision = precision;
  }

  /// In what activations of a type are multiplied; those of fp32 may be in tf32.
  public Precision multiplied(ElementType type) {
    return switch (type) {
      case FP32 -> precision == Precision.TF32 ? Precision.TF32 : Precision.FP32;
      case BF16 -> Precision.BF16;
      case INT32 -> throw type.noFloats();
    };
  }

  /// A product of tiles in `kernels/<file>.cu` for activations of a type.
  public CUfunction product(String file, String kernel, ElementType type) {
    Precision multiplied = multiplied(type);
    return function(multiplied.variant(file), multiplied.variant(kernel));
  }

  /// A kernel of `kernels/<file>.cu` for activations of a type.
  public CUfunction function(String file, String kernel, ElementType type) {
    return switch (type) {
      case FP32 -> function(file, kernel);
      case BF16 -> function(Precision.BF16.variant(file), Precision.BF16.variant(kernel));
      case INT32 -> throw type.noFloats();
    };
  }

  /// A kernel of `kernels/<file>.cu`.
  public CUfunction function(String file, String kernel) {
    device.bind();
    CUmodule module =
        loaded.computeIfAbsent(
            kernel,
            k -> {
              device.requireNoCapture("to load kernel " + k);
              return load(alone(file, k), "%s of %s.ptx".formatted(k, file));
            });
    return function(module, kernel, file + ".ptx");
  }

  /// A kernel of somebody else's PTX.
  public CUfunction functionOf(String ptx, String kernel) {
    device.requireNoCapture("to load kernel " + kernel);
    device.bind();
    CUmodule module = others.computeIfAbsent(ptx, p -> load(p, "the PTX of " + kernel));
    return function(module, kernel, "its PTX");
  }

  private static CUfunction function(CUmodule module, String kernel, String where) {
    var function = new CUfunction();
    Cuda.check(
        cuModuleGetFunction(function, module, kernel), "kernel %s in %s".formatted(kernel, where));
    return function;
  }

  private static CUmodule load(String ptx, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment log = arena.allocate(LOG_BYTES);
      MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, 2);
      values.setAtIndex(ValueLayout.JAVA_LONG, 0, log.address());
      values.setAtIndex(ValueLayout.JAVA_LONG, 1, LOG_BYTES);
      int[] options = {
        CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES
      };
      var module = new CUmodule();
      int result =
          cuModuleLoadDataEx(
              module, at(arena.allocateFrom(ptx)), options.length, options, at(values));
      if (result != CUresult.CUDA_SUCCESS) {
        throw new BackendException(refused(name, result, log.getString(0)));
      }
      return module;
    }
  }

  /// Why a kernel was not loaded, in one line.
  ///
  /// @param log what the compiler said
  public static String refused(String name, int result, String log) {
    return result == CUresult.CUDA_ERROR_OUT_OF_MEMORY
        ? "cuda: wanted GPU memory for %s, got none free; use a smaller --batch, or end what else computes on this GPU"
            .formatted(name)
        : "cuda: wanted the driver to compile %s, got %s: %s; update the NVIDIA driver"
            .formatted(name, Cuda.name(result), log.strip().replace('\n', ' '));
  }

  private static Pointer at(MemorySegment segment) {
    return Pointer.to(segment.asByteBuffer());
  }

  private static String alone(String file, String kernel) {
    SoftReference<String> known = TEXTS.get(kernel);
    String alone = known == null ? null : known.get();
    if (alone == null) {
      alone = SingleKernel.of(text(file), kernel);
      TEXTS.put(kernel, new SoftReference<>(alone));
    }
    return alone;
  }

  private static String text(String file) {
    String resource = "/dev/hindsight/ptx/" + file + ".ptx";
    try (InputStream in = Modules.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new BackendException(
            "cuda: wanted %s on the class path, got nothing; build again".formatted(resource));
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException("cuda: cannot read " + resource, e);
    }
  }

  @Override
  public void close() {
    device.bind();
    loaded
        .values()
        .forEach(module -> Cuda.checkGivenBack(cuModuleUnload(module), "cuModuleUnload"));
    loaded.clear();
    others
        .values()
        .forEach(module -> Cuda.checkGivenBack(cuModuleUnload(module), "cuModuleUnload"));
    others.clear();
  }
}
