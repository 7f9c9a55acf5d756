package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// A convolution of ours as a dense one over images, and where a library wants our elements.
///
/// @param padLeft columns of zeros that are put before each row of the input beforehand
record Convolution(
    int batch, int height, int width, int inputs, int outputs, int padLeft, Kernel kernel) {

  /// The whole kernel, of which some taps may be missing.
  ///
  /// @param live where in it each of our taps lies, as `row·width + column`
  /// @param pad rows and columns of zeros that the library puts on each side
  @SuppressWarnings("ArrayRecordComponent") // nobody compares or changes them
  record Kernel(int height, int width, int[] live, int pad, int dilation) {}

  /// A causal convolution over a sequence: one row, padded on its left as far as the taps reach.
  ///
  /// @param x (B,T,I)
  /// @param w (K,O,I)
  static Convolution causal(Tensor x, Tensor w, int dilation) {
    int k = w.dim(0);
    var kernel = new Kernel(1, k, IntStream.range(0, k).toArray(), 0, dilation);
    int left = (k - 1) * dilation;
    return new Convolution(x.dim(0), 1, x.dim(1), x.dim(2), w.dim(1), left, kernel);
  }

  /// A masked convolution over images: the whole k x k kernel, with zeros where taps are missing.
  ///
  /// @param x (B,H,W,I)
  /// @param w (taps,O,I)
  static Convolution masked(Tensor x, Tensor w, Taps taps) {
    int k = taps.k();
    var kernel = new Kernel(k, k, taps.live(), k / 2, 1);
    return new Convolution(x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(1), 0, kernel);
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

  int inputSize() {
    return batch * height * paddedWidth() * inputs;
  }

  int filterSize() {
    return outputs * kernel.height * kernel.width * inputs;
  }

  int outputSize() {
    return batch * height * width * outputs;
  }

  /// The place of each element of our x (B,H,W,I).
  IntUnaryOperator ofInput(Layout layout) {
    return k -> {
      int pixel = k / inputs;
      int column = pixel % width + padLeft;
      int row = pixel / width % height;
      int image = pixel / width / height;
      return layout.place(image, k % inputs, row, column, inputs, height, paddedWidth());
    };
  }

  /// The place of each element of our w (taps,O,I).
  IntUnaryOperator ofFilter(Layout layout) {
    return k -> {
      int tap = kernel.live[k / inputs / outputs];
      int output = k / inputs % outputs;
      int row = tap / kernel.width;
      int column = tap % kernel.width;
      return layout.place(output, k % inputs, row, column, inputs, kernel.height, kernel.width);
    };
  }

  /// The place of each element of our y (B,H,W,O).
  IntUnaryOperator ofOutput(Layout layout) {
    return k -> {
      int pixel = k / outputs;
      int row = pixel / width % height;
      int image = pixel / width / height;
      return layout.place(image, k % outputs, row, pixel % width, outputs, height, width);
    };
  }

  /// Our numbers at their places among zeros.
  static float[] scatter(float[] ours, IntUnaryOperator place, int size) {
    float[] theirs = new float[size];
    for (int k = 0; k < ours.length; k++) {
      theirs[place.applyAsInt(k)] = ours[k];
    }
    return theirs;
  }

  /// Their numbers in our order.
  static float[] gather(float[] theirs, IntUnaryOperator place, int size) {
    float[] ours = new float[size];
    for (int k = 0; k < size; k++) {
      ours[k] = theirs[place.applyAsInt(k)];
    }
    return ours;
  }
}
