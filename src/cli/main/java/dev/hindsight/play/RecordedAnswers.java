package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import dev.hindsight.verify.Saliency;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// The answers of one model to some requests, for a page without a server.
final class RecordedAnswers {
  private static final int DIGITS = 4; // that it goes on from, and an empty page
  private static final int SEEDS = 3;
  private static final int IMAGES = 4;
  private static final int BATCH = 28; // logits that are differentiated at a time

  private final PlayedModel model;
  private final List<String> digits;
  private final int pixels;

  RecordedAnswers(PlayedModel model, List<String> digits) {
    this.model = model;
    this.digits = digits;
    this.pixels = model.shape().pixels();
  }

  /// The upper halves of some digits, and nothing, each gone on with a few times; a JSON array of
  /// what a [DrawingRequest] says, with `values` and `logits` of each image.
  String drawings() throws HttpError, InterruptedException {
    StringBuilder text = new StringBuilder("[");
    ImageShape shape = model.shape();
    for (int digit = -1; digit < DIGITS; digit++) {
      String given = digit < 0 ? "0".repeat(pixels) : digits.get(digit);
      for (int seed = 0; seed < SEEDS; seed++) {
        text.append(text.length() == 1 ? "" : ",\n");
        drawing(text, given, digit < 0 ? 0 : shape.width() * (shape.height() / 2), seed);
      }
    }
    return text.append("]\n").toString();
  }

  private void drawing(StringBuilder text, String given, int from, long seed)
      throws HttpError, InterruptedException {
    DrawingRequest request = new DrawingRequest(pixels(given), from, IMAGES, 1, seed);
    var sampling = new Sampler.Request(IMAGES, 1, RandomKey.of(seed).fold("samples"));
    float[][] drawn =
        model.now(
            at -> {
              try (Sampler sampler = Sampler.of(at.backend(), at.model(), sampling)) {
                sampler.give(request.known(), from);
                return new float[][] {sampler.finish(), sampler.logits()};
              }
            });
    text.append("{\"given\":\"%s\",\"from\":%d,\"seed\":%d".formatted(given, from, seed));
    text.append(",\"temperature\":1,\"count\":%d,\"images\":[".formatted(IMAGES));
    for (int k = 0; k < IMAGES; k++) {
      text.append(k == 0 ? "" : ",").append("{\"values\":\"");
      for (int p = 0; p < pixels; p++) {
        text.append(drawn[0][k * pixels + p] == 0 ? '0' : '1');
      }
      text.append("\",\"logits\":");
      numbers(text, drawn[1], k * pixels);
      text.append('}');
    }
    text.append("]}");
  }

  private static float[] pixels(String image) {
    float[] values = new float[image.length()];
    for (int p = 0; p < values.length; p++) {
      values[p] = image.charAt(p) - '0';
    }
    return values;
  }

  private void numbers(StringBuilder text, float[] values, int first) {
    text.append('[');
    for (int p = 0; p < pixels; p++) {
      text.append(p == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.2f", values[first + p]));
    }
    text.append(']');
  }

  /// The logits of each digit, a JSON array of arrays.
  String surprise() throws HttpError, InterruptedException {
    StringBuilder text = new StringBuilder("[");
    for (String digit : digits) {
      text.append(text.length() == 1 ? "" : ",\n");
      numbers(text, model.logits(pixels(digit)), 0);
    }
    return text.append("]\n").toString();
  }

  /// For each pixel of the first digit its logit, the largest gradient, and all gradients as 127ths
  /// of that, one byte each; what is 0 stays exactly 0, and nothing else becomes it.
  byte[] sees() throws HttpError, InterruptedException {
    ByteBuffer all =
        ByteBuffer.allocate(pixels * (2 * Float.BYTES + pixels)).order(ByteOrder.LITTLE_ENDIAN);
    float[] image = pixels(digits.getFirst());
    for (int first = 0; first < pixels; first += BATCH) {
      int[] batch = IntStream.range(first, Math.min(first + BATCH, pixels)).toArray();
      Saliency saliency = model.saliency(image, batch);
      for (int row = 0; row < batch.length; row++) {
        put(all, saliency.logits()[first + row], saliency.gradients(), row * pixels);
      }
    }
    return all.array();
  }

  private void put(ByteBuffer all, float logit, float[] gradients, int first) {
    float largest = 0;
    for (int p = 0; p < pixels; p++) {
      largest = Math.max(largest, Math.abs(gradients[first + p]));
    }
    all.putFloat(logit).putFloat(largest);
    for (int p = 0; p < pixels; p++) {
      float gradient = gradients[first + p];
      int part = largest == 0 ? 0 : Math.round(127 * gradient / largest);
      boolean vanished = part == 0 && gradient != 0;
      all.put((byte) (vanished ? Math.signum(gradient) : part));
    }
  }
}
