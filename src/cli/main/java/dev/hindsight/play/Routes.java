package dev.hindsight.play;

import dev.hindsight.image.ImageShape;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Answers what the three rooms of the page ask.
final class Routes {
  private static final int MOST_DRAWINGS = 32;
  private static final String DRAWINGS = "/drawings/";
  private static final String SIGHT = "/api/sight/";

  private final List<PlayedModel> models;
  private final Structures structures;
  private final Map<String, byte[]> page = Page.files();
  private final Beginnings beginnings;
  private final Semaphore drawings = new Semaphore(MOST_DRAWINGS);
  private final AtomicLong stopped = new AtomicLong();

  Routes(List<PlayedModel> models, Structures structures) {
    this.models = models;
    this.structures = structures;
    this.beginnings = models.getFirst().beginnings(); // images of all models are alike
  }

  long stopped() {
    return stopped.get();
  }

  void answer(HttpCall call) throws IOException, HttpError, InterruptedException {
    switch (call.method()) {
      case "GET", "HEAD" -> show(call);
      case "POST" -> ask(call);
      default -> throw new HttpError(405, "wanted GET, HEAD or POST");
    }
  }

  private void show(HttpCall call) throws IOException, HttpError, InterruptedException {
    String path = call.path();
    String name = path.equals("/") ? Page.INDEX : path.substring(1);
    byte[] file = page.get(name);
    if (file != null) {
      call.bytes(200, Page.type(name), file);
    } else if (path.equals("/api/models")) {
      call.json(models());
    } else if (path.equals("/api/structure")) {
      call.json(structures.facts());
    } else if (path.startsWith(DRAWINGS)) {
      call.drawing(structures.picture(path.substring(DRAWINGS.length())));
    } else if (path.startsWith(SIGHT)) {
      byte[] sight = model(path.substring(SIGHT.length())).sight().bytes();
      call.bytes(200, "application/octet-stream", sight);
    } else {
      throw new HttpError(404, "no such page");
    }
  }

  private void ask(HttpCall call) throws IOException, HttpError, InterruptedException {
    switch (call.path()) {
      case "/api/draw" -> draw(call);
      case "/api/surprise" -> {
        RequestBody body = call.body();
        PlayedModel model = model(body);
        float[] image = body.image("image", model.shape());
        float[] outputs = model.outputs(image, model.label(body));
        call.json(Map.of("odds", model.odds().ofFirst(model.shape().pixels(), outputs, image)));
      }
      case "/api/sees" -> {
        RequestBody body = call.body();
        PlayedModel model = model(body);
        int pixel = body.whole("pixel", 0, model.shape().pixels() - 1);
        call.json(
            Look.at(model, body.image("image", model.shape()), model.label(body), pixel).facts());
      }
      default -> throw new HttpError(404, "no such request");
    }
  }

  private void draw(HttpCall call) throws IOException, HttpError, InterruptedException {
    RequestBody body = call.body();
    PlayedModel model = model(body);
    DrawingRequest request = DrawingRequest.of(body, model.shape(), model.label(body));
    if (!drawings.tryAcquire()) {
      throw new HttpError(503, "more than %d drawings at once".formatted(MOST_DRAWINGS));
    }
    try {
      if (!DrawingStream.send(model, request, call)) {
        stopped.incrementAndGet();
      }
    } finally {
      drawings.release();
    }
  }

  /// What the page begins with.
  private Map<String, Object> models() {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("models", models.stream().map(PlayedModel::facts).toList());
    ImageShape shape = models.getFirst().shape();
    answer.put("height", shape.height());
    answer.put("width", shape.width());
    answer.put("channels", shape.channels());
    answer.put("levels", shape.levels());
    answer.put("kind", beginnings.kind());
    answer.put("beginnings", beginnings.texts());
    return answer;
  }

  private PlayedModel model(RequestBody body) throws HttpError {
    var id = body.json().path("model");
    return model(id.isString() ? id.stringValue() : null);
  }

  private PlayedModel model(@Nullable String id) throws HttpError {
    return models.stream()
        .filter(model -> Objects.equals(model.id(), id))
        .findFirst()
        .orElseThrow(() -> new HttpError(404, "no model has this id"));
  }
}
