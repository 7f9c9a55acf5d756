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

  /// The input as a library reads it.
  float[] input(Layout layout) {
    float[] given = new float[batch * height * paddedWidth() * inputs];
    for (int k = 0; k < x.length; k++) {
      int pixel = k / inputs;
      int column = pixel % width + padLeft;
      int row = pixel / width % height;
      int image = pixel / width / height;
      given[layout.place(image, k % inputs, row, column, inputs, height, paddedWidth())] = x[k];
    }
    return given;
  }

  /// The weights: a kernel of all its inputs for each output, zero where there is no tap.
  float[] filter(Layout layout) {
    float[] given = new float[outputs * kernelHeight * kernelWidth * inputs];
    for (int k = 0; k < w.length; k++) {
      int input = k % inputs;
      int output = k / inputs % outputs;
      int tap = live[k / inputs / outputs];
      given[
              layout.place(
                  output,
                  input,
                  tap / kernelWidth,
                  tap % kernelWidth,
                  inputs,
                  kernelHeight,
                  kernelWidth)] =
          w[k];
    }
    return given;
  }

  /// A library's output in our order, with our bias.
  float[] output(Layout layout, float[] theirs, float[] bias) {
    float[] y = new float[batch * height * width * outputs];
    for (int k = 0; k < y.length; k++) {
      int pixel = k / outputs;
      int place =
          layout.place(
              pixel / width / height,
              k % outputs,
              pixel / width % height,
              pixel % width,
              outputs,
              height,
              width);
      y[k] = theirs[place] + bias[k % outputs];
    }
    return y;
  }
}
