package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.verify.Saliency;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a model says of one pixel of an image, and why.
///
/// @param odds see [Odds]
/// @param probabilities of each level, a row for each channel; of black and white none, since the
///   odds say all
/// @param gradient of the odds by each pixel, if all its channels grow alike; null where it has
///   none
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Look(float odds, double[][] probabilities, float @Nullable [] gradient) {
  /// @param label the class of the image
  static Look at(PlayedModel model, float[] image, int label, int pixel)
      throws HttpError, InterruptedException {
    Saliency saliency = model.hasSaliency() ? model.saliency(image, label, pixel) : null;
    float[] outputs = saliency == null ? model.outputs(image, label) : saliency.logits();
    Odds odds = model.odds();
    boolean bars = !odds.blackOrWhite();
    return new Look(
        odds.at(pixel, outputs, image),
        bars ? odds.probabilities(outputs, image, pixel) : new double[0][],
        saliency == null ? null : byPixel(saliency, model.shape()));
  }

  private static float[] byPixel(Saliency saliency, ImageShape shape) {
    float[] sums = new float[shape.pixels()];
    for (int value = 0; value < shape.values(); value++) {
      sums[shape.pixel(value)] += saliency.gradients()[value];
    }
    return sums;
  }

  /// As the page gets it.
  Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("odds", odds);
    facts.put("probabilities", probabilities);
    if (gradient != null) {
      facts.put("gradient", gradient);
    }
    return facts;
  }
}
