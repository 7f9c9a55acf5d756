package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.JITOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleCallsTest extends DriverTest {
  private static final String BROKEN =
      ".version 6.3\n.target sm_75\n.address_size 64\n.visible .entry f()\n{\n\tfrobnicate.s32 1;\n}\n";

  private final CUmodule module = new CUmodule();

  @Test
  void modulesAreLoadedFromTextBytesAndFiles(@TempDir Path folder) throws IOException {
    ok(cuModuleLoadData(module, TestKernels.ptx()));
    ok(cuModuleUnload(module));
    fails(cuModuleUnload(module), CudaResult.INVALID_HANDLE);
    ok(cuModuleLoadData(module, (TestKernels.ptx() + "\0").getBytes(StandardCharsets.UTF_8)));
    Path file = Files.writeString(folder.resolve("kernels.ptx"), TestKernels.ptx());
    ok(cuModuleLoad(module, file.toString()));
    ok(cuModuleGetFunction(new CUfunction(), module, "add"));
    fails(cuModuleLoad(module, folder.resolve("absent").toString()), CudaResult.FILE_NOT_FOUND);
    fails(
        cuModuleLoadData(module, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}),
        CudaResult.NO_BINARY_FOR_GPU);
  }

  @Test
  void filesOfMachineCodeAreRefusedAsSuch(@TempDir Path folder) throws IOException {
    byte[] cubin = {0x7f, 'E', 'L', 'F', 2, 1, 1, (byte) 0xff};
    byte[] fatBinary = {0x50, (byte) 0xed, 0x55, (byte) 0xba, 1, 0, 16, 0};
    for (byte[] image : List.of(cubin, fatBinary)) {
      Path file = Files.write(folder.resolve("kernels.cubin"), image);
      fails(cuModuleLoad(module, file.toString()), CudaResult.NO_BINARY_FOR_GPU);
    }
    Path other = Files.write(folder.resolve("kernels.txt"), new byte[] {'a', (byte) 0xff});
    fails(cuModuleLoad(module, other.toString()), CudaResult.INVALID_PTX);
  }

  @Test
  void syntaxErrorsAreInTheLog() {
    byte[] log = new byte[512];
    fails(
        cuModuleLoadDataEx(module, BROKEN, 0, new int[0], Pointer.to(new int[0])),
        CudaResult.INVALID_PTX);
    JITOptions jit = new JITOptions();
    jit.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, log);
    jit.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, log.length);
    Pointer text = Pointer.to((BROKEN + "\0").getBytes(StandardCharsets.UTF_8));
    fails(cuModuleLoadDataJIT(module, text, jit), CudaResult.INVALID_PTX);
    assertThat(new String(log, StandardCharsets.UTF_8)).contains("frobnicate").contains("6");
  }

  @Test
  void anUnsupportedKernelIsRefusedWhenItIsLaunchedAndLogged() {
    byte[] log = new byte[512];
    JITOptions jit = new JITOptions();
    jit.putBytes(CUjit_option.CU_JIT_INFO_LOG_BUFFER, log);
    jit.putInt(CUjit_option.CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, log.length);
    String ptx =
        BROKEN.replace("frobnicate.s32 1;", "tcgen05.wait::ld.sync.aligned;")
            + ".visible .entry g()\n{\n\tret;\n}\n\0";
    Pointer text = Pointer.to(ptx.getBytes(StandardCharsets.UTF_8));
    ok(cuModuleLoadDataJIT(module, text, jit));
    assertThat(new String(log, StandardCharsets.UTF_8))
        .contains("f cannot be launched")
        .contains("line 6: tcgen05.wait::ld.sync.aligned: opcode is not supported")
        .contains("g: about");
    TestKernels kernels = new TestKernels(module);
    fails(TestKernels.launch(kernels.function("f"), 1, 1, 0, null), CudaResult.NOT_SUPPORTED);
    ok(TestKernels.launch(kernels.function("g"), 1, 1, 0, null));
  }

  @Test
  void functionsAndVariablesAreFoundByName() {
    TestKernels kernels = TestKernels.load();
    assertThat(kernels.function("add")).isEqualTo(kernels.function("add"));
    fails(
        cuModuleGetFunction(new CUfunction(), kernels.module(), "subtract"), CudaResult.NOT_FOUND);
    CUmodule of = new CUmodule();
    ok(cuFuncGetModule(of, kernels.function("add")));
    assertThat(of).isEqualTo(kernels.module());
    CUdeviceptr counter = new CUdeviceptr();
    long[] bytes = {0};
    ok(cuModuleGetGlobal(counter, bytes, kernels.module(), "counter"));
    assertThat(bytes[0]).isEqualTo(4);
    ok(TestKernels.launch(kernels.function("increase"), 1, 1, 0, null));
    assertThat(TestKernels.ints(counter, 1)).containsExactly(8);
    ok(cuModuleGetGlobal(counter, bytes, kernels.module(), "scale"));
    assertThat(bytes[0]).isEqualTo(16);
    assertThat(TestKernels.floats(counter, 4)).containsExactly(1, 2, 3, 4);
    ok(cuMemcpyHtoD(counter, Pointer.to(new float[] {10}), 4));
    assertThat(TestKernels.floats(counter, 4)).containsExactly(10, 2, 3, 4);
    fails(cuModuleGetGlobal(counter, bytes, kernels.module(), "none"), CudaResult.NOT_FOUND);
  }

  @Test
  void variablesAreFreedWithTheirModuleAndNotBefore() {
    TestKernels kernels = TestKernels.load();
    CUdeviceptr counter = new CUdeviceptr();
    ok(cuModuleGetGlobal(counter, new long[1], kernels.module(), "counter"));
    fails(cuMemFree(counter), CudaResult.INVALID_VALUE);
    found("was not handed out by cuMemAlloc", "\"counter\"");
    assertThat(TestKernels.ints(counter, 1)).containsExactly(7);
    ok(cuModuleUnload(kernels.module()));
  }

  @Test
  void functionsTellTheirNeeds() {
    CUfunction tiled = TestKernels.load().function("tiled");
    assertThat(attribute(tiled, 0)).as("launch bounds").isEqualTo(256);
    assertThat(attribute(tiled, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES))
        .isEqualTo(2048);
    assertThat(attribute(tiled, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS)).isPositive();
    assertThat(attribute(tiled, CUfunction_attribute.CU_FUNC_ATTRIBUTE_PTX_VERSION)).isEqualTo(75);
    assertThat(attribute(tiled, 8)).isEqualTo(48 * 1024 - 2048);
    ok(cuFuncSetAttribute(tiled, 8, 100_000));
    assertThat(attribute(tiled, 8)).isEqualTo(100_000);
    fails(cuFuncSetAttribute(tiled, 8, 227 * 1024), CudaResult.INVALID_VALUE);
    ok(cuFuncSetAttribute(tiled, 9, 50));
    assertThat(attribute(tiled, 9)).isEqualTo(50);
    fails(cuFuncSetAttribute(tiled, 1, 5), CudaResult.INVALID_VALUE);
    ok(cuFuncSetCacheConfig(tiled, 1));
  }

  private static int attribute(CUfunction function, int attribute) {
    int[] value = {-1};
    ok(cuFuncGetAttribute(value, attribute, function));
    return value[0];
  }
}
