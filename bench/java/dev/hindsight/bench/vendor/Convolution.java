package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;

/// A convolution of ours as a dense one over images with channels last: what a library has to be
/// told, and its input and weights in that form.
///
/// @param padLeft columns of zeros that are put before each row of the input beforehand
/// @param kernelHeight of the whole kernel, of which some taps may be missing
/// @param live where in the kernel each of our taps lies, as `row·width + column`
/// @param padHeight rows of zeros that the library puts above and below the input
/// @param padWidth columns of zeros on both sides
/// @param x (B,H,W,I) of ours
/// @param w (taps,O,I) of ours
@SuppressWarnings("ArrayRecordComponent") // nobody compares or changes them
record Convolution(
    int batch,
    int height,
    int width,
    int inputs,
    int outputs,
    int padLeft,
    int kernelHeight,
    int kernelWidth,
    int[] live,
    int padHeight,
    int padWidth,
    int dilation,
    float[] x,
    float[] w) {

  /// A causal convolution over a sequence: one row, padded on its left as far as the taps reach.
  ///
  /// @param x (B,T,I)
  /// @param w (K,O,I)
  static Convolution causal(Tensor x, Tensor w, int dilation, float[] xs, float[] ws) {
    int taps = w.dim(0);
    int[] live = new int[taps];
    for (int k = 0; k < taps; k++) {
      live[k] = k;
    }
    return new Convolution(
        x.dim(0),
        1,
        x.dim(1),
        x.dim(2),
        w.dim(1),
        (taps - 1) * dilation,
        1,
        taps,
        live,
        0,
        0,
        dilation,
        xs,
        ws);
  }

  /// A masked convolution over images: the whole k x k kernel, with zeros where taps are missing.
  ///
  /// @param x (B,H,W,I)
  /// @param w (taps,O,I)
  static Convolution masked(Tensor x, Tensor w, Taps taps, float[] xs, float[] ws) {
    return new Convolution(
        x.dim(0),
        x.dim(1),
        x.dim(2),
        x.dim(3),
        w.dim(1),
        0,
        taps.k(),
        taps.k(),
        taps.live(),
        taps.k() / 2,
        taps.k() / 2,
        1,
        xs,
        ws);
  }

  /// Where an element lies.
  enum Layout {
    /// Channels after each pixel.
    NHWC,
    /// An image of each channel.
    NCHW;

    int place(int n, int c, int h, int w, int channels, int height, int width) {
      return this == NHWC
          ? ((n * height + h) * width + w) * channels + c
          : ((n * channels + c) * height + h) * width + w;
    }
  }

  int paddedWidth() {
    return width + padLeft;
  }

  private int placeOfInput(Layout layout, int k) {
    int pixel = k / inputs;
    int column = pixel % width + padLeft;
    int row = pixel / width % height;
    int image = pixel / width / height;
    return layout.place(image, k % inputs, row, column, inputs, height, paddedWidth());
  }

  private int placeOfWeight(Layout layout, int k) {
    int tap = live[k / inputs / outputs];
    int row = tap / kernelWidth;
    int column = tap % kernelWidth;
    int output = k / inputs % outputs;
    return layout.place(output, k % inputs, row, column, inputs, kernelHeight, kernelWidth);
  }

  private int placeOfOutput(Layout layout, int k) {
    int pixel = k / outputs;
    int column = pixel % width;
    int row = pixel / width % height;
    int image = pixel / width / height;
    return layout.place(image, k % outputs, row, column, outputs, height, width);
  }

  int inputSize() {
    return batch * height * paddedWidth() * inputs;
  }

  int filterSize() {
    return outputs * kernelHeight * kernelWidth * inputs;
  }

  int outputSize() {
    return batch * height * width * outputs;
  }

  /// The input as a library reads it.
  float[] input(Layout layout) {
    float[] given = new float[inputSize()];
    for (int k = 0; k < x.length; k++) {
      given[placeOfInput(layout, k)] = x[k];
    }
    return given;
  }

  /// The weights: a kernel of all its inputs for each output, zero where there is no tap.
  float[] filter(Layout layout) {
    float[] given = new float[filterSize()];
    for (int k = 0; k < w.length; k++) {
      given[placeOfWeight(layout, k)] = w[k];
    }
    return given;
  }

  /// A library's output in our order, with our bias.
  float[] output(Layout layout, float[] theirs, float[] bias) {
    float[] y = new float[outputSize()];
    for (int k = 0; k < y.length; k++) {
      y[k] = theirs[placeOfOutput(layout, k)] + bias[k % outputs];
    }
    return y;
  }

  /// The gradient of our output as a library reads it.
  float[] outputGradient(Layout layout, float[] dy) {
    float[] given = new float[outputSize()];
    for (int k = 0; k < dy.length; k++) {
      given[placeOfOutput(layout, k)] = dy[k];
    }
    return given;
  }

  /// A library's gradient of the input in our order, without what was padded.
  float[] inputGradient(Layout layout, float[] theirs) {
    float[] dx = new float[x.length];
    for (int k = 0; k < dx.length; k++) {
      dx[k] = theirs[placeOfInput(layout, k)];
    }
    return dx;
  }

  /// A library's gradient of the whole kernel in our order: of the taps that exist.
  float[] filterGradient(Layout layout, float[] theirs) {
    float[] dw = new float[w.length];
    for (int k = 0; k < dw.length; k++) {
      dw[k] = theirs[placeOfWeight(layout, k)];
    }
    return dw;
  }
}
