package program;

import static jcuda.driver.JCudaDriver.*;
import static jcuda.nvrtc.JNvrtc.*;

import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;

/// A JCuda program that compiles its kernel when it runs, with a header of its own.
public final class Compiled {
  private static final String KERNEL =
      "#include <power.h>\n__global__ void square(float* x, int n) { "
          + "if (threadIdx.x < n) x[threadIdx.x] = POWER(x[threadIdx.x]); }";

  private Compiled() {}

  public static void main(String[] args) {
    JCudaDriver.setExceptionsEnabled(true);
    cuInit(0);
    cuCtxCreate(new CUcontext(), 0, new CUdevice());
    nvrtcProgram program = new nvrtcProgram();
    String[] headers = {"#define POWER(x) ((x) * (x))"};
    nvrtcCreateProgram(program, KERNEL, "square.cu", 1, headers, new String[] {"power.h"});
    nvrtcAddNameExpression(program, "square");
    if (nvrtcCompileProgram(program, 1, new String[] {"--gpu-architecture=compute_80"}) != 0) {
      System.exit(3);
    }
    String[] ptx = {""};
    String[] name = {""};
    nvrtcGetPTX(program, ptx);
    nvrtcGetLoweredName(program, "square", name);
    nvrtcDestroyProgram(program);
    CUmodule module = new CUmodule();
    CUfunction square = new CUfunction();
    cuModuleLoadData(module, ptx[0]);
    cuModuleGetFunction(square, module, name[0]);
    float[] values = {0, 1, 2};
    CUdeviceptr x = new CUdeviceptr();
    cuMemAlloc(x, 12);
    cuMemcpyHtoD(x, Pointer.to(values), 12);
    Pointer parameters = Pointer.to(Pointer.to(x), Pointer.to(new int[] {3}));
    cuLaunchKernel(square, 1, 1, 1, 32, 1, 1, 0, null, parameters, null);
    cuMemcpyDtoH(Pointer.to(values), x, 12);
    cuMemFree(x);
    nvrtcProgram wrong = new nvrtcProgram();
    String[] log = {""};
    JNvrtc.setExceptionsEnabled(false);
    nvrtcCreateProgram(wrong, "__global__ void k() { bad(); }", null, 0, null, null);
    int result = nvrtcCompileProgram(wrong, 0, null);
    nvrtcGetProgramLog(wrong, log);
    boolean said = result == 6 && log[0].contains("bad");
    System.out.printf("%s %s bad is undefined: %s%n", name[0], Arrays.toString(values), said);
  }
}
