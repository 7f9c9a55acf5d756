package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.format.Sha256;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.TrainingStep;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a kernel that hangs, faults or is wrong is found by in a minute: every op at training sizes
/// once, and a few steps and a drawing of each model, beside what the software GPU made of them.
///
/// @param rows takes each as it is known; its `verdict` is `ok` or what is wrong
record Smoke(Backend backend, Consumer<Map<String, ? extends @Nullable Object>> rows) {
  private static final int STEPS = 3; // plain, captured, a graph
  private static final int IMAGES = 3;

  /// What the software GPU makes of each model: nats of its last step, and of what it draws the
  /// begin of a digest.
  static final String SOFTWARE_GPU =
      """
      made fp32 533.8559977213541 06d2efeb
      wavenet fp32 627.796875 dad0d989
      pixelcnn fp32 569.5605061848959 813ff63b
      gated-pixelcnn fp32 372.38820393880206 a67031fd
      transformer fp32 509.0320332845052 74643ed3
      lstm fp32 511.4790445963542 a4370eef
      pixel-rnn fp32 555.3104451497396 600f38d2
      made tf32 533.8557332356771 06d2efeb
      wavenet tf32 627.7817789713541 dad0d989
      pixelcnn tf32 569.5650024414062 813ff63b
      gated-pixelcnn tf32 372.3811543782552 a67031fd
      transformer tf32 509.05210367838544 74643ed3
      lstm tf32 511.47911580403644 a4370eef
      pixel-rnn tf32 555.3104248046875 600f38d2
      made bf16 533.8588460286459 06d2efeb
      wavenet bf16 627.7962239583334 dad0d989
      pixelcnn bf16 569.4833170572916 813ff63b
      gated-pixelcnn bf16 372.3227132161458 a67031fd
      transformer bf16 509.1791483561198 74643ed3
      lstm bf16 511.4882507324219 a4370eef
      pixel-rnn bf16 555.2833862304688 600f38d2
      """;

  /// What became of a model.
  ///
  /// @param nats per image of the last step
  /// @param drawn the begin of a digest of its pixels
  record Outcome(double nats, String drawn) {
    @Override
    public String toString() {
      return nats + " " + drawn;
    }
  }

  /// Runs each phase of a case plainly, captured, and as a graph.
  boolean op(OpCase any) {
    OpCase opCase = any.in(backend.storage());
    boolean all = true;
    try (Scope scope = backend.open("smoke")) {
      var tensors = new CaseTensors(backend, scope, opCase);
      for (Phase phase : opCase.phases()) {
        Map<String, @Nullable Object> row = opCase.columns(phase);
        row.put("first_s", seconds(() -> phase.run(backend, tensors::get)));
        try (Graph graph = backend.graph("smoke")) {
          Runnable again = () -> phase.run(backend, tensors::get);
          graph.run(again); // plain
          graph.run(again); // captured
          row.put("graph_s", seconds(() -> graph.run(again)));
        }
        boolean kept = tensors.guarded();
        row.put("verdict", kept ? "ok" : "wrote beside a tensor");
        all &= kept;
        rows.accept(row);
      }
    }
    return all;
  }

  private double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    backend.synchronize();
    return (System.nanoTime() - start) / 1e9;
  }

  /// Trains a tiny model for three steps, draws with it, and compares.
  boolean model(BuiltInModel model) {
    long start = System.nanoTime();
    Outcome found = outcome(model);
    Outcome known = known(model, backend.precision());
    double difference = Math.abs(found.nats / known.nats - 1);
    boolean near = difference <= tolerance();
    boolean same = found.drawn.equals(known.drawn);
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("model", model.label());
    row.put("precision", backend.precision().label());
    row.put("nats", found.nats);
    row.put("software_gpu", known.nats);
    row.put("same_bits", found.nats == known.nats);
    row.put("drawn", found.drawn);
    row.put("seconds", (System.nanoTime() - start) / 1e9);
    row.put("verdict", !near ? "other nats" : same ? "ok" : "drew other pixels");
    rows.accept(row);
    return near && same;
  }

  /// Sums of products in another order; in bf16 also activations that are rounded to another side.
  private double tolerance() {
    return backend.precision() == Precision.FP32 ? 1e-5 : 2e-3;
  }

  /// Does it on the backend.
  Outcome outcome(BuiltInModel which) {
    RandomKey key = RandomKey.of(3);
    try (AutoregressiveModel model = which.tiny().create(backend, key)) {
      float[] pixels = new float[IMAGES * model.shape().values()];
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = k * 7 % 11 < 4 ? 1 : 0;
      }
      String drawn; // first, from weights that are the same to the bit everywhere
      try (var sampler =
          new BatchSampler(backend, model, new BatchSampler.Plan(IMAGES, 1, key.fold("draw")))) {
        drawn = digest(sampler.draw(0));
      }
      double nats = 0;
      var optimizer = Optimizer.of(backend, model.parameters(), which.preset("reference").recipe());
      try (TrainingStep step = new TrainingStep(backend, model, optimizer)) {
        for (int k = 0; k < STEPS; k++) {
          nats = step.run(pixels, IMAGES, 1e-2f);
        }
      }
      return new Outcome(nats, drawn);
    }
  }

  private static String digest(float[] pixels) {
    ByteBuffer bytes = ByteBuffer.allocate(pixels.length * Float.BYTES);
    bytes.asFloatBuffer().put(pixels);
    return Sha256.digits(bytes.array()).substring(0, 8);
  }

  /// What the software GPU made of it.
  static Outcome known(BuiltInModel model, Precision precision) {
    return SOFTWARE_GPU
        .lines()
        .map(line -> line.split(" ", -1))
        .filter(cells -> cells[0].equals(model.label()) && cells[1].equals(precision.label()))
        .map(cells -> new Outcome(Double.parseDouble(cells[2]), cells[3]))
        .findFirst()
        .orElseThrow();
  }
}
