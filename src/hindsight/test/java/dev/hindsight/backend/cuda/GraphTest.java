package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.Graph;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Muon;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// CUDA graphs of the backend, on the software GPU.
@Tag("slow")
class GraphTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final ImageShape SMALL = new ImageShape(5, 7);

  private Backend gpu;

  @BeforeEach
  void open() {
    gpu = SoftwareGpu.open(8);
  }

  @AfterEach
  void close() {
    gpu.close();
    SoftwareGpu.assertNoFindings();
  }

  @Test
  void theWorkIsCalledTwiceAndDoneEachTime() {
    var calls = new AtomicInteger();
    Graph graph = gpu.graph("doubling");
    for (int k = 1; k <= 5; k++) {
      try (Scope scope = graph.open("operands")) {
        Tensor x = vector(gpu, scope, k, -k);
        Tensor y = scope.floats(2);
        graph.run(
            () -> {
              calls.incrementAndGet();
              try (Scope inner = gpu.open("work")) {
                Tensor sum = inner.zeros(2);
                gpu.add().accumulate(x, sum);
                gpu.add().forward(sum, x, y);
              }
            },
            x,
            y);
        assertThat(gpu.readFloats(y)).containsExactly(2f * k, -2f * k);
      }
    }
    assertThat(calls).hasValue(2);
  }

  /// All that a few steps leave behind, as bits.
  private record Trained(List<Double> losses, List<float[]> flat, long reserved) {}

  private Optimizer optimizer(AutoregressiveModel model, boolean muon) {
    return muon
        ? new Muon(gpu, model.parameters(), 10, 0.1f, 0.5f)
        : new Adam(gpu, model.parameters(), 0.1f, 0.5f);
  }

  private Trained train(ModelConfig config, boolean graph) {
    boolean cheap = config instanceof MadeConfig;
    try (AutoregressiveModel made = config.create(gpu, KEY);
        TrainingStep step = new TrainingStep(gpu, made, optimizer(made, !cheap), graph)) {
      var losses = new ArrayList<Double>();
      long reserved = 0;
      int steps = cheap ? 8 : 4; // plain, recorded, replayed
      for (int k = 0; k < steps; k++) {
        int count = !cheap ? 2 : k % 4 == 3 ? 2 : 5; // a short batch now and then
        float[] pixels = BinaryPixels.of(KEY.fold(k), count * SMALL.pixels(), 0.3f);
        float[] labels = {k % 4 - 1, 2, -1, 0, 1}; // where the model knows classes
        losses.add(step.start(pixels, labels, count, 1e-2f / (k + 1)).nats());
        reserved = k == (cheap ? 3 : 1) ? gpu.reservedBytes() : reserved;
      }
      assertThat(gpu.reservedBytes()).as("reserved after the warm-up").isEqualTo(reserved);
      FlatParameters flat = made.parameters().flat();
      return new Trained(
          losses,
          List.of(
              gpu.readFloats(flat.value()),
              gpu.readFloats(flat.grad()),
              gpu.readFloats(flat.firstMoment()),
              gpu.readFloats(flat.secondMoment())),
          reserved);
    }
  }

  static List<ModelConfig> trained() {
    return List.of(
        MadeConfig.random(SMALL, 23, 2, KEY),
        MadeConfig.random(SMALL, 23, 2, KEY).with(new BernoulliHead(), 3),
        new TransformerConfig(
            SMALL,
            new BernoulliHead(),
            3,
            4,
            1,
            2,
            0.25f), // dropout, whose key changes from step to step
        new LstmConfig(SMALL, new BernoulliHead(), 3, 5, 1),
        new PixelCnnConfig(SMALL, 3, 1, 3, 0, false),
        new GatedPixelCnnConfig(SMALL, 2, 2, 3, false, false),
        new PixelRnnConfig(SMALL, 1, 1),
        new PixelRnnConfig(SMALL, 1, 1, Kind.DIAGONAL));
  }

  @ParameterizedTest
  @MethodSource("trained")
  void aTrainingStepHasTheSameBitsWithAndWithoutAGraph(ModelConfig config) {
    Trained with = train(config, true);
    Trained without = train(config, false);
    assertThat(with.losses()).isEqualTo(without.losses()).doesNotHaveDuplicates();
    for (int k = 0; k < 4; k++) {
      assertThat(with.flat().get(k)).as("flat tensor %d", k).isEqualTo(without.flat().get(k));
    }
  }

  @Test
  void otherOperandsThanTheRecordedOnesAreRefused() {
    Graph graph = gpu.graph("a copy");
    try (Scope scope = gpu.open("operands")) {
      Tensor x = vector(gpu, scope, 1, 2);
      Tensor y = scope.floats(2);
      Tensor other = vector(gpu, scope, 3, 4);
      graph.run(() -> gpu.copy(x, y), x, y);
      assertThatThrownBy(() -> graph.run(() -> gpu.copy(other, y), other, y))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageMatching(
              "cuda: 'a copy' was recorded with \\(2\\) at 0x[0-9a-f]+ as operand 0 but got"
                  + " \\(2\\) at 0x[0-9a-f]+; make a graph for each");
      assertThatThrownBy(() -> graph.run(() -> gpu.copy(x, y), x))
          .hasMessageContaining("as operand 1 but got nothing");
      graph.run(() -> gpu.copy(x, y), x, y);
      graph.run(() -> gpu.copy(x, y), x, y);
      assertThat(gpu.readFloats(y)).containsExactly(1, 2);
    }
  }

  @Test
  void whatTheHostDoesCannotBeRecorded() {
    try (Scope scope = gpu.open("operands")) {
      Tensor x = scope.zeros(2);
      List<Runnable> works =
          List.of(
              () -> gpu.write(x, new float[] {1, 2}),
              () -> gpu.readFloats(x),
              () -> gpu.readLater(x),
              () -> gpu.synchronize());
      for (Runnable work : works) {
        Graph graph = gpu.graph("host work");
        graph.run(work, x);
        assertThatThrownBy(() -> graph.run(work, x))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageStartingWith("cuda: 'host work' is being recorded and wanted to");
        graph.close();
      }
      Graph growing = gpu.graph("growing");
      var size = new AtomicInteger(1);
      Runnable work =
          () -> {
            try (Scope inner = gpu.open("inner")) {
              inner.zeros(size.getAndAdd(1 << 20));
            }
          };
      growing.run(work);
      assertThatThrownBy(() -> growing.run(work)).hasMessageContaining("bytes of GPU memory");
      gpu.fill(x, 3); // and the stream still works
      assertThat(gpu.readFloats(x)).containsExactly(3, 3);
    }
  }

  @Test
  void nobodyElseFindsTheMemoryOfAGraph() {
    Graph graph = gpu.graph("with memory");
    try (Scope operands = graph.open("batch")) {
      Tensor y = operands.floats(1);
      Runnable work =
          () -> {
            try (Scope inner = gpu.open("step")) {
              Tensor one = inner.floats(1);
              gpu.fill(one, 1);
              gpu.copy(one, y);
            }
          };
      graph.run(work, y);
      try (Scope stranger = gpu.open("step")) {
        Tensor mine = vector(gpu, stranger, 7);
        graph.run(work, y);
        graph.run(work, y);
        assertThat(gpu.readFloats(mine)).containsExactly(7);
        assertThat(gpu.readFloats(y)).containsExactly(1);
      }
    }
  }

  /// Its second scope passes over a chunk that the graph's first one goes on using.
  @Test
  void scopesOfSeveralSizesCanBeRecorded() {
    int mebibyte = 1 << 18;
    Graph graph = gpu.graph("several sizes");
    try (Scope operands = graph.open("batch")) {
      Tensor x = vector(gpu, operands, 3);
      Tensor y = operands.floats(1);
      Runnable work =
          () -> {
            try (Scope small = gpu.open("step")) {
              gpu.copy(x, small.floats(2 * mebibyte).part(0, x.shape()));
              small.floats(5 * mebibyte);
            }
            try (Scope large = gpu.open("step")) {
              Tensor first = large.floats(4 * mebibyte).part(0, x.shape());
              gpu.copy(x, first);
              gpu.copy(first, y);
            }
          };
      long reserved = 0;
      for (int k = 0; k < 4; k++) {
        gpu.fill(y, 0);
        graph.run(work, x, y);
        assertThat(gpu.readFloats(y)).containsExactly(3);
        reserved = k == 0 ? gpu.reservedBytes() : reserved;
      }
      assertThat(gpu.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void aGraphInsideOfAnotherAndOneThatIsClosedAreRefused() {
    Graph outer = gpu.graph("outer");
    Graph inner = gpu.graph("inner");
    assertThatThrownBy(() -> outer.run(() -> inner.run(() -> {})))
        .hasMessage(
            "cuda: 'inner' cannot be recorded inside of 'outer'; let one of the two be plain");
    outer.close();
    outer.close();
    assertThatThrownBy(() -> outer.run(() -> {})).hasMessage("cuda: graph 'outer' is closed");
  }
}
