package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.device.GlobalVariable;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.PtxModule;
import dev.hindsight.softgpu.ptx.PtxException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Modules, their functions and variables.
final class ModuleCalls extends Calls {
  private static final int ELF = 0x464c457f;
  private static final int EAGER = 1;
  private static final Pattern TARGET = Pattern.compile("(?m)^\\s*\\.target\\s+sm_(\\d+)");

  private int loaded;

  ModuleCalls(Driver driver) {
    super(driver);
  }

  void cuModuleLoad(long module, long fileName) {
    Path file = Path.of(Host.string(fileName));
    try {
      byte[] image = Files.readAllBytes(file);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(image.length + 4L);
        MemorySegment.copy(image, 0, copy, ValueLayout.JAVA_BYTE, 0, image.length);
        String name = String.valueOf(file.getFileName());
        Host.putLong(module, load(text(copy.address()), name, new JitLog(0, 0, 0)));
      }
    } catch (IOException e) {
      throw new DriverException(
          CudaResult.FILE_NOT_FOUND, "could not read " + file + ": " + e.getMessage());
    }
  }

  void cuModuleLoadData(long module, long image) {
    Host.putLong(module, load(text(image), name(), new JitLog(0, 0, 0)));
  }

  void cuModuleLoadDataEx(long module, long image, int count, long options, long values) {
    Host.putLong(module, load(text(image), name(), new JitLog(count, options, values)));
  }

  void cuModuleLoadFatBinary(long module, long image) {
    cuModuleLoadData(module, image);
  }

  private String name() {
    return "module " + ++loaded;
  }

  private static String text(long image) {
    return switch (Host.getInt(image)) {
      case FatBinary.MAGIC -> FatBinary.ptx(image);
      case ELF ->
          throw new DriverException(
              CudaResult.NO_BINARY_FOR_GPU,
              "the software GPU loads PTX, got a cubin; compile with nvcc -ptx");
      default -> Host.string(image);
    };
  }

  /// Loads PTX into the current context and returns the handle of its module.
  long load(String ptx, String name, JitLog log) {
    CudaContext context = driver.context();
    try {
      PtxModule code = driver.device.load(ptx, name);
      Matcher target = TARGET.matcher(ptx);
      int version = target.find() ? Integer.parseInt(target.group(1)) : 0;
      CudaModule made = new CudaModule(code, version);
      context.modules.add(made);
      log.info(code);
      return context.adopt(made);
    } catch (PtxException e) {
      throw log.invalid(e);
    }
  }

  void cuModuleUnload(long module) {
    CudaModule gone = module(module);
    CudaContext context = driver.context();
    require(context.modules.remove(gone), "the module was loaded in another context");
    gone.functions().values().forEach(context::disown);
    context.disown(module);
    driver.device.unload(gone.code());
  }

  void cuModuleGetFunction(long function, long module, long name) {
    Host.putLong(function, function(module, Host.string(name)));
  }

  /// The handle of a kernel.
  long function(long module, String wanted) {
    CudaModule from = module(module);
    Kernel kernel = from.code().kernel(wanted);
    if (kernel == null) {
      throw new DriverException(
          CudaResult.NOT_FOUND,
          String.format(
              "wanted kernel \"%s\", the module has %s", wanted, from.code().kernels().keySet()));
    }
    return from.functions()
        .computeIfAbsent(
            wanted, _ -> driver.context().adopt(new CudaFunction(kernel, from, module)));
  }

  void cuModuleGetGlobal(long address, long bytes, long module, long name) {
    GlobalVariable variable = variable(module, Host.string(name));
    Host.offerLong(address, variable.address());
    Host.offerLong(bytes, variable.bytes());
  }

  GlobalVariable variable(long module, String wanted) {
    CudaModule from = module(module);
    GlobalVariable variable = from.code().variables().get(wanted);
    if (variable == null || variable.isReference()) {
      throw new DriverException(
          CudaResult.NOT_FOUND,
          String.format(
              "wanted variable \"%s\", the module has %s",
              wanted, from.code().variables().keySet()));
    }
    return variable;
  }

  void cuModuleGetLoadingMode(long mode) {
    Host.putInt(mode, EAGER);
  }
}
