package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/// The answers of one model to some requests, for a page without a server.
record RecordedAnswers(PlayedModel model, Beginnings beginnings) {
  private static final int DIGITS = 4; // that it goes on from, and an empty page
  private static final int SEEDS = 3;
  private static final int IMAGES = 4;
  private static final int BATCH = 28; // logits that are differentiated at a time

  private int pixels() {
    return model.shape().pixels();
  }

  /// The upper halves of some digits, and nothing, each gone on with a few times; a JSON array of
  /// what a [DrawingRequest] says, with `levels` and `odds` of each image.
  String drawings() throws HttpError, InterruptedException {
    StringBuilder text = new StringBuilder("[");
    ImageShape shape = model.shape();
    int begun = Math.min(DIGITS, beginnings.images().size());
    for (int digit = -1; digit < begun; digit++) {
      float[] given = digit < 0 ? new float[shape.values()] : beginnings.images().get(digit);
      for (int seed = 0; seed < SEEDS; seed++) {
        text.append(text.length() == 1 ? "" : ",\n");
        drawing(text, given, digit < 0 ? 0 : shape.width() * (shape.height() / 2), seed);
      }
    }
    return text.append("]\n").toString();
  }

  private void drawing(StringBuilder text, float[] given, int from, long seed)
      throws HttpError, InterruptedException {
    DrawingRequest request = new DrawingRequest(given, from, IMAGES, 1, seed, model.usualLabel());
    var sampling = new Sampler.Request(IMAGES, 1, RandomKey.of(seed).fold("samples"), request.of());
    float[][] drawn =
        model.now(
            at -> {
              try (Sampler sampler = Sampler.of(at.backend(), at.model(), sampling)) {
                sampler.give(request.known(), from);
                return new float[][] {sampler.finish(), sampler.logits()};
              }
            });
    text.append(
        "{\"given\":\"%s\",\"from\":%d,\"seed\":%d".formatted(LevelText.of(given), from, seed));
    text.append(",\"temperature\":1,\"count\":%d,\"images\":[".formatted(IMAGES));
    for (int k = 0; k < IMAGES; k++) {
      float[] image = part(drawn[0], k);
      text.append(k == 0 ? "" : ",");
      text.append("{\"levels\":\"%s\",\"odds\":".formatted(LevelText.of(image)));
      numbers(text, model.odds().ofFirst(pixels(), part(drawn[1], k), image));
      text.append('}');
    }
    text.append("]}");
  }

  /// What belongs to one of the images.
  private static float[] part(float[] all, int image) {
    int each = all.length / IMAGES;
    return Arrays.copyOfRange(all, image * each, (image + 1) * each);
  }

  private static void numbers(StringBuilder text, float[] values) {
    text.append('[');
    for (int p = 0; p < values.length; p++) {
      text.append(p == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.2f", values[p]));
    }
    text.append(']');
  }

  /// The odds of each beginning, a JSON array of arrays.
  String surprise() throws HttpError, InterruptedException {
    StringBuilder text = new StringBuilder("[");
    for (float[] image : beginnings.images()) {
      text.append(text.length() == 1 ? "" : ",\n");
      numbers(
          text, model.odds().ofFirst(pixels(), model.outputs(image, model.usualLabel()), image));
    }
    return text.append("]\n").toString();
  }

  /// For each pixel of the first image its odds, the largest gradient, and all gradients as 127ths
  /// of that, one byte each; what is 0 stays exactly 0, and nothing else becomes it. Then, of
  /// images that have bars, the probability of each level of each channel. The largest gradient is
  /// NaN where there is none.
  byte[] sees() throws HttpError, InterruptedException {
    ImageShape shape = model.shape();
    int bars = model.odds().blackOrWhite() ? 0 : shape.channels() * shape.levels();
    int each = (2 + bars) * Float.BYTES + pixels();
    ByteBuffer all = ByteBuffer.allocate(pixels() * each).order(ByteOrder.LITTLE_ENDIAN);
    float[] image = beginnings.images().getFirst();
    for (int first = 0; first < pixels(); first += BATCH) {
      int[] batch = IntStream.range(first, Math.min(first + BATCH, pixels())).toArray();
      for (Look look : Look.of(model, image, model.usualLabel(), batch)) {
        put(all, look);
      }
    }
    return all.array();
  }

  private void put(ByteBuffer all, Look look) {
    all.putFloat(look.odds());
    float[] gradient = look.gradient();
    if (gradient == null) {
      all.putFloat(Float.NaN).put(new byte[pixels()]);
    } else {
      putGradient(all, gradient);
    }
    for (double[] channel : look.probabilities()) {
      for (double probability : channel) {
        all.putFloat((float) probability);
      }
    }
  }

  private static void putGradient(ByteBuffer all, float[] gradient) {
    float largest = 0;
    for (float slope : gradient) {
      largest = Math.max(largest, Math.abs(slope));
    }
    all.putFloat(largest);
    for (float slope : gradient) {
      int part = largest == 0 ? 0 : Math.round(127 * slope / largest);
      boolean vanished = part == 0 && slope != 0;
      all.put((byte) (vanished ? Math.signum(slope) : part));
    }
  }
}
