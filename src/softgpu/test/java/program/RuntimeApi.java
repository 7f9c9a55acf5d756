package program;

import jcuda.Pointer;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaDeviceProp;
import jcuda.runtime.cudaError;
import jcuda.runtime.cudaMemcpyKind;

/// A JCuda program of the runtime API; its argument is how many bytes too far it fills.
public final class RuntimeApi {
  private RuntimeApi() {}

  public static void main(String[] args) {
    JCuda.setExceptionsEnabled(false);
    int[] count = new int[1];
    System.out.println(cudaError.stringFor(JCuda.cudaGetDeviceCount(count)));
    cudaDeviceProp properties = new cudaDeviceProp();
    JCuda.cudaGetDeviceProperties(properties, 0);
    System.out.println(properties.getName() + " " + properties.multiProcessorCount);
    Pointer x = new Pointer();
    float[] values = {1, 2, 3, 4};
    JCuda.cudaMalloc(x, 16);
    JCuda.cudaMemcpy(x, Pointer.to(values), 16, cudaMemcpyKind.cudaMemcpyHostToDevice);
    int filled = JCuda.cudaMemset(x.withByteOffset(8), 0, 4 + Integer.parseInt(args[0]));
    JCuda.cudaMemcpy(Pointer.to(values), x, 16, cudaMemcpyKind.cudaMemcpyDeviceToHost);
    System.out.println(cudaError.stringFor(filled) + " " + (int) (values[1] + 10 * values[2]));
    JCuda.cudaFree(x);
  }
}
