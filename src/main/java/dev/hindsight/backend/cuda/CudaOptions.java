package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Precision;

/// How a [CudaBackend] opens.
///
/// @param device the GPU's number, from 0
/// @param driverAlreadyLoaded the program has loaded a `libcuda.so.1` itself, so none is looked for
/// @param multiprocessors the size of GPU that launches are shaped for; 0 = as the device says
/// @param precision of matrix products; other than FP32 on tensor cores
/// @param lstmStepByStep launch each step of an LSTM, also where all of them fit in one launch
public record CudaOptions(
    int device,
    boolean driverAlreadyLoaded,
    int multiprocessors,
    Precision precision,
    boolean lstmStepByStep) {

  public static CudaOptions standard() {
    return new CudaOptions(0, false, 0, Precision.FP32, false);
  }

  public CudaOptions onDevice(int number) {
    return new CudaOptions(number, driverAlreadyLoaded, multiprocessors, precision, lstmStepByStep);
  }

  public CudaOptions withDriverAlreadyLoaded() {
    return new CudaOptions(device, true, multiprocessors, precision, lstmStepByStep);
  }

  public CudaOptions shapedFor(int count) {
    return new CudaOptions(device, driverAlreadyLoaded, count, precision, lstmStepByStep);
  }

  public CudaOptions in(Precision other) {
    return new CudaOptions(device, driverAlreadyLoaded, multiprocessors, other, lstmStepByStep);
  }

  public CudaOptions withLstmStepByStep() {
    return new CudaOptions(device, driverAlreadyLoaded, multiprocessors, precision, true);
  }
}
