package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.sample.FiniteLogits;
import dev.hindsight.sample.Sampler;
import java.util.Arrays;

/// Draws a pixel at a time, all its channels, of a few images side by side.
///
/// @param count images
record DrawnPixel(ModelConfig config, int count) {
  /// What became of a pixel.
  ///
  /// @param levels (count·C), those of an image side by side
  /// @param odds (count), see [Odds]
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Drawn(int pixel, float[] levels, float[] odds) {}

  /// The next one of a sampler.
  ///
  /// @throws dev.hindsight.error.NotFiniteException when a logit is infinite or NaN
  Drawn next(Sampler sampler) {
    ImageShape shape = config.shape();
    int channels = shape.channels();
    int pixel = shape.pixel(sampler.position());
    float[][][] outputs = new float[count][channels][];
    int[][] levels = new int[count][channels];
    for (int c = 0; c < channels; c++) {
      int value = sampler.position();
      sampler.next();
      float[] all = sampler.logits(value);
      int each = all.length / count;
      FiniteLogits.requireOfPixel(shape, all, each, pixel);
      float[] drawn = sampler.pixel(value);
      for (int k = 0; k < count; k++) {
        outputs[k][c] = Arrays.copyOfRange(all, k * each, (k + 1) * each);
        levels[k][c] = (int) drawn[k];
      }
    }
    return drawn(pixel, outputs, levels);
  }

  private Drawn drawn(int pixel, float[][][] outputs, int[][] levels) {
    Odds odds = new Odds(config);
    int channels = config.shape().channels();
    float[] all = new float[count * channels];
    float[] each = new float[count];
    for (int k = 0; k < count; k++) {
      each[k] = odds.of(outputs[k], levels[k]);
      for (int c = 0; c < channels; c++) {
        all[k * channels + c] = levels[k][c];
      }
    }
    return new Drawn(pixel, all, each);
  }
}
