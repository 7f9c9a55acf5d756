package program;

import static jcuda.driver.JCudaDriver.*;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/// A JCuda program as anybody would write it; it knows nothing of a software GPU.
///
/// Arguments: the PTX file, how many elements to allocate, how many to add, `keep` to free nothing.
public final class VectorAdd {
  private VectorAdd() {}

  public static void main(String[] args) throws Exception {
    int allocated = Integer.parseInt(args[1]);
    int n = Integer.parseInt(args[2]);
    JCudaDriver.setExceptionsEnabled(true);
    cuInit(0);
    CUdevice device = new CUdevice();
    cuDeviceGet(device, 0);
    cuCtxCreate(new CUcontext(), 0, device);
    CUmodule module = new CUmodule();
    cuModuleLoadData(module, Files.readString(Path.of(args[0])));
    CUfunction add = new CUfunction();
    cuModuleGetFunction(add, module, "add");
    float[] ones = new float[allocated];
    Arrays.fill(ones, 1);
    CUdeviceptr x = new CUdeviceptr();
    CUdeviceptr z = new CUdeviceptr();
    cuMemAlloc(x, 4L * allocated);
    cuMemAlloc(z, 4L * allocated);
    cuMemcpyHtoD(x, Pointer.to(ones), 4L * allocated);
    Pointer parameters =
        Pointer.to(Pointer.to(x), Pointer.to(x), Pointer.to(z), Pointer.to(new int[] {n}));
    cuLaunchKernel(add, (n + 63) / 64, 1, 1, 64, 1, 1, 0, null, parameters, null);
    cuCtxSynchronize();
    float[] sums = new float[n];
    cuMemcpyDtoH(Pointer.to(sums), z, 4L * n);
    float total = 0;
    for (float sum : sums) {
      total += sum;
    }
    if (args.length == 3) {
      cuMemFree(x);
      cuMemFree(z);
    }
    System.out.println("total " + total);
  }
}
