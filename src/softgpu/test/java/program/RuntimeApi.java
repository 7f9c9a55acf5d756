package program;

import jcuda.runtime.JCuda;
import jcuda.runtime.cudaError;

/// A JCuda program of the runtime API, which the software GPU does not have.
public final class RuntimeApi {
  private RuntimeApi() {}

  public static void main(String[] args) {
    System.out.println(cudaError.stringFor(JCuda.cudaGetDeviceCount(new int[1])));
    System.out.println(cudaError.stringFor(JCuda.cudaDeviceSynchronize()));
  }
}
