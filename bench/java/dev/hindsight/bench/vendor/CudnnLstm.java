package dev.hindsight.bench.vendor;

import java.util.Arrays;

/// An LSTM by cuDNN in training.
///
/// @param ours runs the case with the numbers of the set-up
record CudnnLstm(LstmSetup setup, Runnable ours) implements VendorCall {
  @Override
  public String functions() {
    return "cudnnRNNForward";
  }

  @Override
  public String note() {
    return "with the product of a single input";
  }

  @Override
  public void run() {
    setup.forward();
  }

  @Override
  public double difference() {
    ours.run();
    float[] states = setup.backend.readFloats(setup.tensors.get("h"));
    int first = setup.batch * setup.hidden;
    return Differences.largest(
        setup.backend.readFloats(setup.y), Arrays.copyOfRange(states, first, states.length));
  }

  @Override
  public void close() {
    setup.close();
  }
}
