package dev.hindsight.bench.vendor;

/// Causal attention by cuDNN in training.
record CudnnAttention(AttentionSetup setup) implements VendorCall {
  @Override
  public String functions() {
    return "cudnnMultiHeadAttnForward";
  }

  @Override
  public String note() {
    return setup.note();
  }

  @Override
  public boolean fitsGraph() {
    return false; // the windows
  }

  @Override
  public void run() {
    setup.forward();
  }

  @Override
  public double difference() {
    float[] y = new float[setup.layout.size()];
    setup.layout.join(setup.backend.readFloats(setup.y), 0, 1, y);
    return Differences.largest(y, setup.backend.readFloats(setup.ours.get("y")));
  }

  @Override
  public void close() {
    setup.close();
  }
}
