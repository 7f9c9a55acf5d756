package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.hindsight.softgpu.device.GlobalVariable;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.PtxModule;
import dev.hindsight.softgpu.ptx.PtxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Modules, their functions and variables.
final class ModuleCalls extends Calls {
  private static final int ELF = 0x464c457f;
  private static final int FAT_BINARY = 0xba55ed50;
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
      refuseBinary(image.length < 4 ? 0 : ByteBuffer.wrap(image).order(LITTLE_ENDIAN).getInt());
      String text = new String(image, StandardCharsets.UTF_8);
      load(module, text, file.getFileName().toString(), new JitLog(0, 0, 0));
    } catch (IOException e) {
      throw new DriverException(
          CudaResult.FILE_NOT_FOUND, "could not read " + file + ": " + e.getMessage());
    }
  }

  void cuModuleLoadData(long module, long image) {
    load(module, text(image), name(), new JitLog(0, 0, 0));
  }

  void cuModuleLoadDataEx(long module, long image, int count, long options, long values) {
    load(module, text(image), name(), new JitLog(count, options, values));
  }

  private String name() {
    return "module " + ++loaded;
  }

  private static String text(long image) {
    refuseBinary(Host.getInt(image));
    return Host.string(image);
  }

  private static void refuseBinary(int magic) {
    if (magic == ELF || magic == FAT_BINARY) {
      throw new DriverException(
          CudaResult.NO_BINARY_FOR_GPU,
          "the software GPU loads PTX text, got a "
              + (magic == ELF ? "cubin" : "fat binary")
              + "; compile with nvcc -ptx");
    }
  }

  private void load(long module, String ptx, String name, JitLog log) {
    CudaContext context = driver.context();
    try {
      PtxModule code = driver.device.load(ptx, name);
      Matcher target = TARGET.matcher(ptx);
      int version = target.find() ? Integer.parseInt(target.group(1)) : 0;
      CudaModule made = new CudaModule(code, version);
      context.modules.add(made);
      Host.putLong(module, context.adopt(made));
      log.info(code);
    } catch (PtxException e) {
      log.error(String.valueOf(e.getMessage()));
      throw new DriverException(CudaResult.INVALID_PTX, String.valueOf(e.getMessage()));
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
    CudaModule from = module(module);
    String wanted = Host.string(name);
    Kernel kernel = from.code().kernel(wanted);
    if (kernel == null) {
      throw new DriverException(
          CudaResult.NOT_FOUND,
          String.format(
              "wanted kernel \"%s\", the module has %s", wanted, from.code().kernels().keySet()));
    }
    Host.putLong(
        function,
        from.functions()
            .computeIfAbsent(
                wanted, _ -> driver.context().adopt(new CudaFunction(kernel, from, module))));
  }

  void cuModuleGetGlobal(long address, long bytes, long module, long name) {
    CudaModule from = module(module);
    String wanted = Host.string(name);
    GlobalVariable variable = from.code().variables().get(wanted);
    if (variable == null) {
      throw new DriverException(
          CudaResult.NOT_FOUND,
          String.format(
              "wanted variable \"%s\", the module has %s",
              wanted, from.code().variables().keySet()));
    }
    Host.offerLong(address, variable.address());
    Host.offerLong(bytes, variable.bytes());
  }

  void cuModuleGetLoadingMode(long mode) {
    Host.putInt(mode, EAGER);
  }
}
