package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;

/// Draws nothing at once.
final class NoSampling implements Sampling {
  @Override
  public boolean drawsMade(MadeLoop loop, int images) {
    return false;
  }

  @Override
  public void made(MadeLoop loop, Tensor flat, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images of a MADE");
  }

  @Override
  public boolean drawsLstm(int hidden) {
    return false;
  }

  @Override
  public void lstm(LstmLoop loop, Tensor state, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images of an LSTM");
  }

  @Override
  public boolean drawsPixels(int channels, int head) {
    return false;
  }

  @Override
  public boolean multipliesOut() {
    return false;
  }

  @Override
  public int slices(int images, int channels, int hidden, int readers) {
    return 1;
  }

  @Override
  public void pixels(PixelLoop loop, WholeImages images) {
    throw new UnsupportedOperationException("no kernel draws whole images pixel by pixel");
  }
}
