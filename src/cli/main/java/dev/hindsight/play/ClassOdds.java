package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.sample.FiniteLogits;
import dev.hindsight.sample.Sampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What each class would have said of the pixels of some pictures while these are drawn, from which
/// follows how likely each class is: a sampler of all classes of each picture, which draws nothing
/// itself but is given what was drawn.
final class ClassOdds implements AutoCloseable {
  /// With more of them, bars say nothing and cost as many images.
  static final int MOST_CLASSES = 32;

  private final ModelConfig config;
  private final int pictures;
  private final int classes;
  private final Sampler sampler;

  /// @param pictures side by side
  ClassOdds(PlayedModel.Opened at, int pictures) {
    this.config = at.model().config();
    this.pictures = pictures;
    this.classes = config.classes();
    List<Integer> labels = new ArrayList<>();
    for (int row = 0; row < pictures * classes; row++) {
      labels.add(row % classes);
    }
    var request = new Sampler.Request(labels.size(), 1, RandomKey.of(0), new Conditioning(labels));
    this.sampler = Sampler.of(at.backend(), at.model(), request);
  }

  static boolean has(ModelConfig config) {
    return config.classes() > 1 && config.classes() <= MOST_CLASSES;
  }

  /// Of the first pixels, which all pictures have: for each pixel the odds by each class.
  ///
  /// @param given (D)
  float[][] given(float[] given, int pixels) {
    float[] all = new float[pictures * classes * given.length];
    for (int row = 0; row < pictures * classes; row++) {
      System.arraycopy(given, 0, all, row * given.length, given.length);
    }
    sampler.give(all, pixels);
    float[] outputs = sampler.logits();
    FiniteLogits.requireOfImages(config, outputs, 0);
    Odds odds = new Odds(config);
    float[][] ofPixels = new float[pixels][classes];
    for (int y = 0; y < classes; y++) {
      float[] own = Arrays.copyOfRange(outputs, y * config.outputs(), (y + 1) * config.outputs());
      for (int pixel = 0; pixel < pixels; pixel++) {
        ofPixels[pixel][y] = odds.at(pixel, own, given);
      }
    }
    return ofPixels;
  }

  /// Of the next pixel: of each picture the odds by each class.
  float[][] next(DrawnPixel.Drawn drawn) {
    ImageShape shape = config.shape();
    int channels = shape.channels();
    float[][][] outputs = new float[pictures * classes][channels][];
    for (int c = 0; c < channels; c++) {
      float[] values = new float[pictures * classes];
      for (int row = 0; row < values.length; row++) {
        values[row] = drawn.levels()[row / classes * channels + c];
      }
      int value = sampler.position();
      sampler.next(values);
      float[] all = sampler.logits(value);
      int each = all.length / values.length;
      FiniteLogits.requireOfPixel(shape, all, each, drawn.pixel());
      for (int row = 0; row < values.length; row++) {
        outputs[row][c] = Arrays.copyOfRange(all, row * each, (row + 1) * each);
      }
    }
    Odds odds = new Odds(config);
    float[][] ofPictures = new float[pictures][classes];
    for (int row = 0; row < pictures * classes; row++) {
      int[] levels = new int[channels];
      for (int c = 0; c < channels; c++) {
        levels[c] = (int) drawn.levels()[row / classes * channels + c];
      }
      ofPictures[row / classes][row % classes] = odds.of(outputs[row], levels);
    }
    return ofPictures;
  }

  @Override
  public void close() {
    sampler.close();
  }
}
