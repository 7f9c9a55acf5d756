package dev.hindsight.play;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Sampler;
import dev.hindsight.verify.Saliency;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// What one model answers to a choice of questions, for a page without a server.
final class RecordedAnswers {
  private static final int PIXELS = AutoregressiveModel.PIXELS;
  private static final int DIGITS = 4; // that it goes on from, and an empty page
  private static final int SEEDS = 3;
  private static final int IMAGES = 4;
  private static final int BATCH = 28; // logits that are differentiated at a time
  private static final int ROW = 2 * Float.BYTES + PIXELS;

  private final PlayedModel model;
  private final List<String> digits;

  RecordedAnswers(PlayedModel model, List<String> digits) {
    this.model = model;
    this.digits = digits;
  }

  /// The upper halves of some digits, and nothing, each gone on with a few times; a JSON array of
  /// what a [DrawingRequest] says, with `values` and `logits` of each image.
  String drawings() throws HttpError, InterruptedException {
    StringBuilder text = new StringBuilder("[");
    for (int digit = -1; digit < DIGITS; digit++) {
      String given = digit < 0 ? "0".repeat(PIXELS) : digits.get(digit);
      for (int seed = 0; seed < SEEDS; seed++) {
        text.append(text.length() == 1 ? "" : ",\n");
        drawing(text, given, digit < 0 ? 0 : PIXELS / 2, seed);
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
      for (int p = 0; p < PIXELS; p++) {
        text.append(drawn[0][k * PIXELS + p] == 0 ? '0' : '1');
      }
      text.append("\",\"logits\":");
      numbers(text, drawn[1], k * PIXELS);
      text.append('}');
    }
    text.append("]}");
  }

  private static float[] pixels(String image) {
    float[] pixels = new float[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
      pixels[p] = image.charAt(p) - '0';
    }
    return pixels;
  }

  private static void numbers(StringBuilder text, float[] values, int first) {
    text.append('[');
    for (int p = 0; p < PIXELS; p++) {
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

  /// For each pixel of the first digit its logit, the largest gradient, and all 784 gradients as
  /// 127ths of that, one byte each; what is 0 stays exactly 0, and nothing else becomes it.
  byte[] sees() throws HttpError, InterruptedException {
    ByteBuffer all = ByteBuffer.allocate(PIXELS * ROW).order(ByteOrder.LITTLE_ENDIAN);
    float[] image = pixels(digits.getFirst());
    for (int first = 0; first < PIXELS; first += BATCH) {
      int[] pixels = IntStream.range(first, first + BATCH).toArray();
      Saliency saliency = model.saliency(image, pixels);
      for (int row = 0; row < BATCH; row++) {
        put(all, saliency.logits()[first + row], saliency.gradients(), row * PIXELS);
      }
    }
    return all.array();
  }

  private static void put(ByteBuffer all, float logit, float[] gradients, int first) {
    float largest = 0;
    for (int p = 0; p < PIXELS; p++) {
      largest = Math.max(largest, Math.abs(gradients[first + p]));
    }
    all.putFloat(logit).putFloat(largest);
    for (int p = 0; p < PIXELS; p++) {
      float gradient = gradients[first + p];
      int part = largest == 0 ? 0 : Math.round(127 * gradient / largest);
      boolean vanished = part == 0 && gradient != 0;
      all.put((byte) (vanished ? Math.signum(gradient) : part));
    }
  }
}
