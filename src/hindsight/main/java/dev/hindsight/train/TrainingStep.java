package dev.hindsight.train;

import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.ClassBias;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Graph;
import dev.hindsight.backend.MetaBackend;
import dev.hindsight.backend.Precision;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A step of training: the gradient of this worker's shards of a batch, the sum over all workers,
/// the update. After the first step nothing is reserved on the device and every address repeats, so
/// a backend that can records the step and replays it: one launch, the same bits.
public final class TrainingStep implements AutoCloseable {
  private final Backend backend;
  private final AutoregressiveModel model;
  private final Optimizer optimizer;
  private final boolean graph;
  private final RandomKey key;
  private final Exchange exchange;
  private final ShardGradients gradients;
  private final Map<Integer, Graph> steps = new HashMap<>(); // by images in a batch
  private final Map<Integer, Graph> updates =
      new HashMap<>(); // apart where workers exchange gradients before

  public TrainingStep(Backend backend, AutoregressiveModel model, Optimizer optimizer) {
    this(backend, model, optimizer, true);
  }

  /// @param graph whether steps may be recorded
  public TrainingStep(
      Backend backend, AutoregressiveModel model, Optimizer optimizer, boolean graph) {
    this(backend, model, optimizer, graph, RandomKey.of(0));
  }

  /// @param key of what is drawn at random in a step, such as dropout
  public TrainingStep(
      Backend backend,
      AutoregressiveModel model,
      Optimizer optimizer,
      boolean graph,
      RandomKey key) {
    this(backend, model, optimizer, graph, key, Shards.ONE, Exchange.SOLO);
  }

  /// @param shards how a batch is cut, which decides the bits
  /// @param exchange with the other workers; a batch is the same for all
  public TrainingStep(
      Backend backend,
      AutoregressiveModel model,
      Optimizer optimizer,
      boolean graph,
      RandomKey key,
      Shards shards,
      Exchange exchange) {
    shards.requireWorkers(exchange.world());
    this.key = key;
    this.backend = backend;
    this.model = model;
    this.optimizer = optimizer;
    this.graph = graph;
    this.exchange = exchange;
    this.gradients = new ShardGradients(backend, model, shards, exchange.rank(), exchange.world());
  }

  /// Bytes that a device reserves for the tensors of a training: weights, their gradients, moments
  /// and average, a batch, and what a step keeps of it. Found out from shapes alone. What else a
  /// backend holds comes on top: room for the sums of chunks, lists of what masks leave.
  ///
  /// @param batch images in a step
  public static long reservedBytes(
      ModelConfig config, Recipe recipe, Shards shards, int batch, Precision precision) {
    RandomKey key = RandomKey.of(0);
    try (Backend meta = MetaBackend.open(precision);
        AutoregressiveModel model = config.create(meta, key)) {
      Optimizer optimizer = Optimizer.of(meta, model.parameters(), recipe);
      WeightAverage.of(meta, model.parameters(), recipe);
      try (var step = new TrainingStep(meta, model, optimizer, false, key, shards, Exchange.SOLO)) {
        step.start(new float[batch * config.shape().values()], null, batch, 0);
        return meta.reservedBytes();
      }
    }
  }

  /// Trains on `count` images of D values, each a level, in the next order of the model's.
  ///
  /// @return the mean negative log-likelihood of these images before the update, in nats per image
  public double run(float[] pixels, int count, float rate) {
    return start(pixels, null, count, rate).nats();
  }

  public static final class Loss {
    private final Supplier<float[]> nll;

    private Loss(Supplier<float[]> nll) {
      this.nll = nll;
    }

    /// Waits for the step, and for none that was started after it.
    ///
    /// @return the mean negative log-likelihood of its images before the update, in nats per image
    public double nats() {
      return mean(nll.get());
    }
  }

  /// The same as [#run], without waiting: the device goes from this step to the next while the host
  /// looks at the loss of this one.
  ///
  /// @param labels of each image, see [dev.hindsight.data.Batch#labels]; a model that knows no
  ///   classes looks at none
  public Loss start(float[] pixels, float @Nullable [] labels, int count, float rate) {
    model.turnTo(model.order(optimizer.steps() % model.orders()));
    Graph step = steps.computeIfAbsent(count, this::graph);
    try (Scope scope = step.open("batch")) {
      int own = gradients.images(count);
      Tensor x = scope.tensor(backend.storage(), own, model.shape().values());
      @Nullable Tensor of = model.config().classes() == 0 ? null : scope.floats(own);
      Tensor numbers = scope.floats(AdamStep.SIZE);
      Tensor draw = scope.ints(Draw.SIZE);
      Tensor nll = scope.floats(count);
      backend.write(x, own(pixels, own * model.shape().values()));
      if (of != null && labels != null) {
        backend.write(of, own(labels, own));
      } else if (of != null) {
        backend.fill(of, ClassBias.NO_CLASS);
      }
      backend.write(draw, new Draw(key.fold(optimizer.steps()), 0).words());
      optimizer.next(numbers, rate);
      boolean solo = exchange.world() == 1;
      step.run(
          () -> {
            gradients.compute(x, of, draw, nll);
            if (solo) {
              update(numbers);
            }
          },
          operands(of, x, numbers, draw, nll, model.parameters().flat().value()));
      if (!solo) {
        exchange.sum(backend, model.parameters().flat().grad(), nll);
        updates
            .computeIfAbsent(count, this::graph)
            .run(() -> update(numbers), numbers, model.parameters().flat().value());
      }
      return new Loss(backend.readLater(nll));
    }
  }

  /// What a step reads and writes: with labels, those as well.
  private static Tensor[] operands(@Nullable Tensor labels, Tensor... others) {
    return labels == null
        ? others
        : Stream.concat(Stream.of(others), Stream.of(labels)).toArray(Tensor[]::new);
  }

  /// Those of the batch that this worker computes.
  ///
  /// @param count how many numbers these have
  private float[] own(float[] all, int count) {
    int from = exchange.rank() * count;
    return exchange.world() == 1 ? all : Arrays.copyOfRange(all, from, from + count);
  }

  private Graph graph(int count) {
    return graph
        ? backend.graph("training step of %d images".formatted(count))
        : Graph.plain(backend);
  }

  private void update(Tensor numbers) {
    try (Scope scope = backend.open("update")) {
      optimizer.update(scope, numbers);
    }
  }

  static double mean(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += v;
    }
    return sum / values.length;
  }

  /// Gives back what the recorded steps hold. The backend does so too when it closes.
  @Override
  public void close() {
    steps.values().forEach(Graph::close);
    steps.clear();
    updates.values().forEach(Graph::close);
    updates.clear();
    gradients.close();
  }
}
