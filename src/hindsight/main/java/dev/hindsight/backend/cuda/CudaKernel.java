package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jcuda.driver.CUfunction;

/// A kernel of your own on the `cuda` backend, so that an op of your own is as fast as those here.
///
/// It is launched in the order of all other calls and takes part in recordings, like the kernels
/// that ship. It belongs to its backend and ends with it. On the software GPU it is checked as
/// those are.
public final class CudaKernel {
  /// What every GPU gives a block without being asked.
  private static final int SHARED_BYTES = 48 << 10;

  private final String name;
  private final CUfunction function;
  private final List<String> parameters;
  private final CudaDevice device;
  private final KernelLauncher launcher;
  private int allowed = SHARED_BYTES;

  private CudaKernel(
      String name,
      CUfunction function,
      List<String> parameters,
      CudaDevice device,
      KernelLauncher launcher) {
    this.name = name;
    this.function = function;
    this.parameters = parameters;
    this.device = device;
    this.launcher = launcher;
  }

  /// Blocks of a grid, or threads of a block.
  public record Extent(int x, int y, int z) {
    /// In one dimension.
    public static Extent of(int x) {
      return new Extent(x, 1, 1);
    }
  }

  /// Has the driver compile a kernel. A recording cannot: load it before.
  ///
  /// @param backend one that [dev.hindsight.backend.Backends] opened as `cuda`
  /// @param ptx the text of a PTX file, as `nvcc -ptx` writes it
  /// @param name of the kernel, which is `extern "C"`; its parameters are pointers, 32-bit and
  ///   64-bit integers and floats
  /// @throws IllegalArgumentException when the backend is another, or the PTX has no such kernel
  /// @throws dev.hindsight.backend.BackendException when the driver refuses the PTX, in one line
  public static CudaKernel load(Backend backend, String ptx, String name) {
    if (!(backend instanceof CudaBackend cuda)) {
      throw new IllegalArgumentException(
          "kernel %s: wanted the cuda backend to launch it, got %s; open cuda, or compute in Java"
              .formatted(name, backend.name()));
    }
    return cuda.kernel(ptx, name);
  }

  static CudaKernel of(String name, String ptx, CudaDevice device, Kernels kernels) {
    List<String> parameters = parameters(ptx, name);
    CUfunction function = kernels.modules().functionOf(ptx, name);
    return new CudaKernel(name, function, parameters, device, kernels.launcher());
  }

  /// Launches it. A grid without blocks is nothing.
  ///
  /// @param sharedBytes of dynamic shared memory for each block
  /// @param arguments a [Tensor] for a pointer to numbers of its type, which PTX does not tell, so
  ///   nothing checks that the kernel reads fp32 or bf16 as it is; an `Integer`, `Long` or `Float`
  ///   for a number; as many as the kernel has parameters
  /// @throws IllegalArgumentException when an argument is not what the kernel takes in its place
  public void launch(Extent grid, Extent block, int sharedBytes, Object... arguments) {
    if (!put(arguments)) {
      return;
    }
    if (sharedBytes > allowed) {
      device.allowShared(name, function, sharedBytes);
      allowed = sharedBytes;
    }
    var threads = new KernelLauncher.Block(block.x, block.y, block.z);
    launcher.launch(name, function, threads, grid.x, grid.y, grid.z, sharedBytes);
  }

  /// @return false in a pass over shapes alone, which launches nothing
  private boolean put(Object[] arguments) {
    requireFit(arguments);
    if (Arrays.stream(arguments).anyMatch(a -> a instanceof Tensor t && !t.scope().hasMemory())) {
      return false;
    }
    launcher.begin();
    for (Object argument : arguments) {
      switch (argument) {
        case Tensor tensor -> launcher.put(tensor);
        case Long value -> launcher.putLong(value);
        case Integer value -> launcher.putInt(value);
        case Float value -> launcher.putFloat(value);
        default -> throw new AssertionError(argument); // requireFit has looked
      }
    }
    return true;
  }

  private void requireFit(Object[] arguments) {
    boolean fits = arguments.length == parameters.size();
    for (int k = 0; fits && k < arguments.length; k++) {
      fits = fits(parameters.get(k), arguments[k]);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "kernel %s: takes (%s) but got (%s); a pointer is a Tensor, u64 a Long or Tensor, u32 an Integer, f32 a Float"
              .formatted(
                  name,
                  String.join(", ", parameters),
                  Arrays.stream(arguments)
                      .map(a -> a == null ? "null" : a.getClass().getSimpleName())
                      .collect(Collectors.joining(", "))));
    }
  }

  private static boolean fits(String parameter, Object argument) {
    return switch (argument) {
      case Tensor tensor -> parameter.endsWith("64") && !parameter.startsWith("f");
      case Long value -> parameter.endsWith("64") && !parameter.startsWith("f");
      case Integer value -> parameter.endsWith("32") && !parameter.startsWith("f");
      case Float value -> parameter.equals("f32");
      case null, default -> false;
    };
  }

  /// The types of a kernel's parameters, such as `u64` and `f32`: the driver does not check what it
  /// is given.
  private static List<String> parameters(String ptx, String name) {
    Matcher entry =
        Pattern.compile("\\.entry\\s+" + Pattern.quote(name) + "\\s*\\(([^)]*)\\)").matcher(ptx);
    if (!entry.find()) {
      throw new IllegalArgumentException(
          "kernel %s: the PTX has no .entry of this name; is it extern \"C\"?".formatted(name));
    }
    List<String> types =
        Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.(\\w+)")
            .matcher(entry.group(1))
            .results()
            .map(r -> r.group(1))
            .toList();
    if (types.size() > KernelLauncher.SLOTS) {
      throw new IllegalArgumentException(
          "kernel %s: takes %d parameters, of which %d are possible; put some into a tensor"
              .formatted(name, types.size(), KernelLauncher.SLOTS));
    }
    return types;
  }
}
