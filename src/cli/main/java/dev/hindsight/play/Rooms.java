package dev.hindsight.play;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.verify.Saliency;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Answers what the three rooms of the page ask.
final class Rooms {
  private static final int MOST_DRAWINGS = 32;
  private static final String DRAWINGS = "/drawings/";
  private static final String SIGHT = "/api/sight/";

  private final List<PlayedModel> models;
  private final Structures structures;
  private final Map<String, byte[]> page = Page.files();
  private final List<String> digits = Beginnings.digits();
  private final Semaphore drawings = new Semaphore(MOST_DRAWINGS);
  private final AtomicLong stopped = new AtomicLong();

  Rooms(List<PlayedModel> models, Structures structures) {
    this.models = models;
    this.structures = structures;
  }

  long stopped() {
    return stopped.get();
  }

  void answer(Exchange exchange) throws IOException, Refusal, InterruptedException {
    switch (exchange.method()) {
      case "GET", "HEAD" -> show(exchange);
      case "POST" -> ask(exchange);
      default -> throw new Refusal(405, "wanted GET, HEAD or POST");
    }
  }

  private void show(Exchange exchange) throws IOException, Refusal, InterruptedException {
    String path = exchange.path();
    String name = path.equals("/") ? Page.INDEX : path.substring(1);
    byte[] file = page.get(name);
    if (file != null) {
      exchange.bytes(200, Page.type(name), file);
    } else if (path.equals("/api/models")) {
      exchange.json(models());
    } else if (path.equals("/api/structure")) {
      exchange.json(structures.facts());
    } else if (path.startsWith(DRAWINGS)) {
      exchange.drawing(structures.picture(path.substring(DRAWINGS.length())));
    } else if (path.startsWith(SIGHT)) {
      byte[] sight = model(path.substring(SIGHT.length())).sight().bytes();
      exchange.bytes(200, "application/octet-stream", sight);
    } else {
      throw new Refusal(404, "there is no such page");
    }
  }

  private void ask(Exchange exchange) throws IOException, Refusal, InterruptedException {
    switch (exchange.path()) {
      case "/api/draw" -> draw(exchange);
      case "/api/surprise" -> {
        Question question = exchange.question();
        float[] logits = model(question).logits(question.image("image"));
        exchange.json(Map.of("logits", logits));
      }
      case "/api/sees" -> {
        Question question = exchange.question();
        int pixel = question.whole("pixel", 0, AutoregressiveModel.PIXELS - 1);
        Saliency saliency = model(question).saliency(question.image("image"), pixel);
        exchange.json(Map.of("logit", saliency.logits()[pixel], "gradient", saliency.gradients()));
      }
      default -> throw new Refusal(404, "there is nothing of this name to ask");
    }
  }

  private void draw(Exchange exchange) throws IOException, Refusal, InterruptedException {
    Question question = exchange.question();
    PlayedModel model = model(question);
    Wish wish = Wish.of(question);
    if (!drawings.tryAcquire()) {
      throw new Refusal(503, "%d drawings at once are the most".formatted(MOST_DRAWINGS));
    }
    try {
      if (!DrawingStream.send(model, wish, exchange)) {
        stopped.incrementAndGet();
      }
    } finally {
      drawings.release();
    }
  }

  /// What the page begins with.
  Map<String, Object> models() {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("models", models.stream().map(PlayedModel::facts).toList());
    answer.put("digits", digits);
    return answer;
  }

  private PlayedModel model(Question question) throws Refusal {
    var id = question.json().path("model");
    return model(id.isString() ? id.stringValue() : null);
  }

  private PlayedModel model(@Nullable String id) throws Refusal {
    return models.stream()
        .filter(model -> Objects.equals(model.id(), id))
        .findFirst()
        .orElseThrow(() -> new Refusal(404, "no model has this id"));
  }
}
