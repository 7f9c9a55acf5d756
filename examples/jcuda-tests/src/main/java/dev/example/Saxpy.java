package dev.example;

import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/// `y = a x + y` on a GPU. It knows nothing of the software GPU.
public final class Saxpy {
  private static final int THREADS = 256;

  private Saxpy() {}

  /// In the context that is current.
  public static void run(float a, float[] x, float[] y) throws IOException {
    CUmodule module = new CUmodule();
    CUfunction saxpy = new CUfunction();
    cuModuleLoadData(module, ptx() + "\0");
    cuModuleGetFunction(saxpy, module, "saxpy");
    CUdeviceptr onX = upload(x);
    CUdeviceptr onY = upload(y);
    Pointer parameters =
        Pointer.to(
            Pointer.to(new float[] {a}),
            Pointer.to(onX),
            Pointer.to(onY),
            Pointer.to(new int[] {y.length}));
    int blocks = Math.ceilDiv(y.length, THREADS);
    cuLaunchKernel(saxpy, blocks, 1, 1, THREADS, 1, 1, 0, null, parameters, null);
    cuMemcpyDtoH(Pointer.to(y), onY, 4L * y.length);
    cuMemFree(onX);
    cuMemFree(onY);
    cuModuleUnload(module);
  }

  private static CUdeviceptr upload(float[] values) {
    CUdeviceptr made = new CUdeviceptr();
    cuMemAlloc(made, 4L * values.length);
    cuMemcpyHtoD(made, Pointer.to(values), 4L * values.length);
    return made;
  }

  private static String ptx() throws IOException {
    try (InputStream in = Saxpy.class.getResourceAsStream("/saxpy.ptx")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
