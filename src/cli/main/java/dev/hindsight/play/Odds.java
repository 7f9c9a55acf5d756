package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import java.util.Arrays;

/// How likely a model finds pixels. The page shows one number of each: of a pixel that is black or
/// white the logit of white, of any other the logarithm of the probability of its levels.
record Odds(ModelConfig config) {
  /// JSON has no infinity: a probability that is too small for a double counts as this.
  private static final double LEAST = Double.MIN_NORMAL;

  /// The number of one pixel.
  ///
  /// @param outputs of each channel, see [Head#range]
  /// @param levels of each channel
  float of(float[][] outputs, int[] levels) {
    if (hasLogits()) {
      return outputs[0][0];
    }
    double[][] probabilities = probabilities(outputs, levels);
    if (blackOrWhite()) {
      return (float) (log(probabilities[0][1]) - log(probabilities[0][0]));
    }
    double sum = 0;
    for (int c = 0; c < levels.length; c++) {
      sum += log(probabilities[c][levels[c]]);
    }
    return (float) sum;
  }

  private static double log(double probability) {
    return Math.log(Math.max(probability, LEAST));
  }

  /// Whether the outputs of an image are these numbers.
  boolean hasLogits() {
    return blackOrWhite() && config.head() instanceof BernoulliHead;
  }

  /// Whether pixels are black or white.
  boolean blackOrWhite() {
    ImageShape shape = config.shape();
    return shape.binary() && shape.channels() == 1;
  }

  /// The number of a pixel of an image.
  float at(int pixel, float[] outputs, float[] image) {
    return of(outputs(outputs, pixel), levels(image, pixel));
  }

  /// Those of the first pixels of an image.
  ///
  /// @param outputs of the image, or of more, whose first it is
  /// @param image (D)
  float[] ofFirst(int pixels, float[] outputs, float[] image) {
    float[] odds = new float[pixels];
    for (int p = 0; p < pixels; p++) {
      odds[p] = at(p, outputs, image);
    }
    return odds;
  }

  /// The probability of each level of a pixel, a row for each channel.
  double[][] probabilities(float[] outputs, float[] image, int pixel) {
    return probabilities(outputs(outputs, pixel), levels(image, pixel));
  }

  private double[][] probabilities(float[][] outputs, int[] levels) {
    Head.Group group = config.group();
    double[][] probabilities = new double[levels.length][];
    for (int c = 0; c < levels.length; c++) {
      int[] before = Arrays.copyOfRange(levels, c - c % group.channels(), c);
      probabilities[c] = config.head().probabilities(group, outputs[c], before);
    }
    return probabilities;
  }

  private float[][] outputs(float[] all, int pixel) {
    int channels = config.shape().channels();
    float[][] outputs = new float[channels][];
    for (int c = 0; c < channels; c++) {
      Head.Range range = config.head().range(config.group(), pixel * channels + c);
      outputs[c] = Arrays.copyOfRange(all, range.from(), range.from() + range.count());
    }
    return outputs;
  }

  private int[] levels(float[] image, int pixel) {
    int[] levels = new int[config.shape().channels()];
    for (int c = 0; c < levels.length; c++) {
      levels[c] = (int) image[pixel * levels.length + c];
    }
    return levels;
  }
}
