package dev.hindsight.play;

import dev.hindsight.data.Labels;
import dev.hindsight.image.ImageShape;
import dev.hindsight.sample.Conditioning;
import java.util.Collections;

/// A drawing that the page asks for.
///
/// @param given (D), the image whose beginning is kept
/// @param from how many pixels are kept
/// @param count completions side by side
/// @param label the class of all of them, or -1 for none
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record DrawingRequest(float[] given, int from, int count, float temperature, long seed, int label) {
  static final int MOST_IMAGES = 16;
  static final double COLDEST = 0.05;
  static final double HOTTEST = 10;

  static DrawingRequest of(RequestBody body, ImageShape shape, int label) throws HttpError {
    return new DrawingRequest(
        body.image("given", shape),
        body.whole("from", 0, shape.pixels()),
        body.whole("count", 1, MOST_IMAGES),
        body.fraction("temperature", COLDEST, HOTTEST),
        body.seed(),
        label);
  }

  /// Of which class they are.
  Conditioning of() {
    return label == Labels.NONE
        ? Conditioning.NONE
        : new Conditioning(Collections.nCopies(count, label));
  }

  /// The image, once for each completion.
  float[] known() {
    float[] all = new float[count * given.length];
    for (int k = 0; k < count; k++) {
      System.arraycopy(given, 0, all, k * given.length, given.length);
    }
    return all;
  }
}
