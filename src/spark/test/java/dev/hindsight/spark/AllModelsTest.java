package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cluster.Cluster;
import dev.hindsight.format.Sha256;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.BernoulliHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.spark.TestRun.Trained;
import dev.hindsight.train.BuiltInModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Every model comes to the same weights on one machine and on 1, 2 and 4 executors, each a process
/// of its own. Prints the table.
@Tag("slow")
class AllModelsTest {
  private static final int IMAGES = 32;

  /// The size of images travels with them.
  private static final ImageShape SMALL = new ImageShape(5, 7);

  private static final Head HEAD = new BernoulliHead();

  private static final List<ModelConfig> MODELS =
      Stream.concat(
              Arrays.stream(BuiltInModel.values()).map(model -> model.tiny(SMALL)),
              Stream.of(
                  // its dropout belongs to images, not to workers, as their classes do
                  new TransformerConfig(SMALL, HEAD, 10, 16, 1, 2, 0.1f),
                  new PixelCnnConfig(SMALL, 8, 2, 3, 1, false),
                  new GatedPixelCnnConfig(SMALL, 8, 2, 3, true, false),
                  new PixelRnnConfig(SMALL, 4, 1, Kind.DIAGONAL),
                  new SymmetricConfig( // steps take its orders in turn
                      new GatedPixelCnnConfig(SMALL, HEAD, 4, 8, 2, 3, true, false), 4)))
          .toList();

  private static TestRun run(ModelConfig model) {
    return new TestRun(model, IMAGES, "cpu", 8);
  }

  private static String sha256(Trained trained) {
    ByteBuffer bytes =
        ByteBuffer.allocate(trained.weights().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(trained.weights());
    Sha256 digest = new Sha256();
    digest.update(bytes.array());
    return digest.digits();
  }

  @Test
  void haveTheSameBitsOnTwoExecutors() {
    haveTheSameBitsOn(2);
  }

  @Test
  @Tag("exhaustive")
  void haveTheSameBitsOnOneAndFourExecutors() {
    haveTheSameBitsOn(1, 4);
  }

  private static void haveTheSameBitsOn(int... counts) {
    List<Row> table = MODELS.stream().map(Row::alone).toList();
    for (int executors : counts) {
      List<String> notices = new ArrayList<>();
      String master = "local-cluster[%d,1,512]".formatted(executors);
      try (Cluster cluster = TestRun.open(master, executors, notices)) {
        for (Row row : table) {
          row.add(run(row.model()).on(cluster, (_, _) -> {}, notices));
        }
      }
      assertThat(notices).isEmpty();
    }
    System.out.printf("| model | one machine | executors: %s |%n", Arrays.toString(counts));
    table.forEach(System.out::println);
    table.forEach(
        row -> assertThat(row.weights()).as("%s", row).containsOnly(row.weights().getFirst()));
  }

  /// @param weights SHA-256 of those that a model came to, on one machine first
  private record Row(ModelConfig model, List<String> weights) {
    static Row alone(ModelConfig model) {
      return new Row(model, new ArrayList<>(List.of(sha256(run(model).alone()))));
    }

    void add(Trained trained) {
      weights.add(sha256(trained));
    }

    @Override
    public String toString() {
      String digits =
          weights.stream().map(sha -> sha.substring(0, 16)).collect(Collectors.joining("… | "));
      return "| %s | %s… |".formatted(model.name(), digits);
    }
  }
}
