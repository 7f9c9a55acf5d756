package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverTest.ok;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import org.jspecify.annotations.Nullable;

/// The module `kernels.ptx`, loaded through JCuda in the current context.
record TestKernels(CUmodule module) {
  static String ptx() {
    return text("kernels.ptx");
  }

  static String text(String resource) {
    try (InputStream in = TestKernels.class.getResourceAsStream(resource)) {
      byte[] bytes = Objects.requireNonNull(in, resource).readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TestKernels load() {
    CUmodule module = new CUmodule();
    ok(cuModuleLoadData(module, ptx()));
    return new TestKernels(module);
  }

  CUfunction function(String name) {
    CUfunction made = new CUfunction();
    ok(cuModuleGetFunction(made, module, name));
    return made;
  }

  /// Launches a row of blocks and answers the driver's result.
  static int launch(
      CUfunction kernel, int blocks, int threads, int shared, @Nullable Pointer parameters) {
    return cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, shared, null, parameters, null);
  }

  static CUdeviceptr floats(float... values) {
    CUdeviceptr made = new CUdeviceptr();
    ok(cuMemAlloc(made, 4L * values.length));
    ok(cuMemcpyHtoD(made, Pointer.to(values), 4L * values.length));
    return made;
  }

  static float[] floats(CUdeviceptr from, int count) {
    float[] back = new float[count];
    ok(cuMemcpyDtoH(Pointer.to(back), from, 4L * count));
    return back;
  }

  static CUdeviceptr ints(int... values) {
    CUdeviceptr made = new CUdeviceptr();
    ok(cuMemAlloc(made, 4L * values.length));
    ok(cuMemcpyHtoD(made, Pointer.to(values), 4L * values.length));
    return made;
  }

  static int[] ints(CUdeviceptr from, int count) {
    int[] back = new int[count];
    ok(cuMemcpyDtoH(Pointer.to(back), from, 4L * count));
    return back;
  }

  static Pointer pointers(CUdeviceptr... values) {
    Pointer[] made = new Pointer[values.length];
    for (int i = 0; i < made.length; i++) {
      made[i] = Pointer.to(values[i]);
    }
    return Pointer.to(made);
  }
}
