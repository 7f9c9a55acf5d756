package dev.hindsight.backend.cuda;

/// How a [CudaBackend] opens.
///
/// @param device the GPU's number, from 0
/// @param driverAlreadyLoaded the program has loaded a `libcuda.so.1` itself, so none is looked for
/// @param multiprocessors the size of GPU that launches are shaped for; 0 = as the device says
public record CudaOptions(int device, boolean driverAlreadyLoaded, int multiprocessors) {

  public static CudaOptions standard() {
    return new CudaOptions(0, false, 0);
  }

  public CudaOptions onDevice(int number) {
    return new CudaOptions(number, driverAlreadyLoaded, multiprocessors);
  }

  public CudaOptions withDriverAlreadyLoaded() {
    return new CudaOptions(device, true, multiprocessors);
  }

  public CudaOptions shapedFor(int count) {
    return new CudaOptions(device, driverAlreadyLoaded, count);
  }
}
