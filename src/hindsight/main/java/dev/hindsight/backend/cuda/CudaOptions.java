package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Precision;

/// How a [CudaBackend] opens.
///
/// @param device the GPU's number, from 0
/// @param driverAlreadyLoaded the program has loaded a `libcuda.so.1` itself, so none is looked for
/// @param multiprocessors the size of GPU that launches are shaped for; 0 = as the device says
/// @param capability the compute capability that tiles are chosen for, 80 for 8.0; 0 = as the
///   device says
/// @param precision of matrix products; other than FP32 on tensor cores
/// @param sharedBytes of shared memory that a block may take to keep an LSTM's weights, or sums of
///   a head of attention; 0 launches each step by itself, in training and in drawing
public record CudaOptions(
    int device,
    boolean driverAlreadyLoaded,
    int multiprocessors,
    int capability,
    Precision precision,
    int sharedBytes) {

  public static CudaOptions standard() {
    return new CudaOptions(0, false, 0, 0, Precision.FP32, Integer.MAX_VALUE);
  }

  public CudaOptions onDevice(int number) {
    return new CudaOptions(
        number, driverAlreadyLoaded, multiprocessors, capability, precision, sharedBytes);
  }

  public CudaOptions withDriverAlreadyLoaded() {
    return new CudaOptions(device, true, multiprocessors, capability, precision, sharedBytes);
  }

  public CudaOptions shapedFor(int count) {
    return new CudaOptions(device, driverAlreadyLoaded, count, capability, precision, sharedBytes);
  }

  public CudaOptions withCapability(int other) {
    return new CudaOptions(
        device, driverAlreadyLoaded, multiprocessors, other, precision, sharedBytes);
  }

  public CudaOptions in(Precision other) {
    return new CudaOptions(
        device, driverAlreadyLoaded, multiprocessors, capability, other, sharedBytes);
  }

  public CudaOptions withSharedBytes(int most) {
    return new CudaOptions(
        device, driverAlreadyLoaded, multiprocessors, capability, precision, most);
  }
}
