package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.data.Split;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What `bench/pytorch/learn.py` learns by a run's recipe is what Hindsight learns, epoch by epoch.
@Tag("slow")
class PyTorchLearningTest {
  private static final double TOLERANCE = 1e-5;

  /// Trains the peers of runs, a line of JSON for each.
  private static final String LEARN =
      """
      import json, sys
      from learn import peer
      for run in sys.argv[1:]:
          print(json.dumps(peer(run)))
      """;

  /// Every part of a recipe at a value that is felt within eight steps, the last of which is one of
  /// the average.
  private static final String EVERYTHING =
      " --preset hour --epochs 2 --batch 4 --lr 0.01 --warm-up 3 --ema 0.5 --clip 0.002"
          + " --weight-decay 0.5 --shear 0.3 --seed 3";

  @TempDir private static Path shared;

  /// A batch of CIFAR-10 of noise, of whose images a tenth is for tests.
  private static Path cifar() throws IOException {
    byte[] records = new byte[22 * (1 + 3 * 1024)];
    new Random(5).nextBytes(records);
    Path folder = Files.createDirectories(shared.resolve("cifar"));
    Files.write(folder.resolve("data_batch_1.bin"), records);
    return folder;
  }

  /// The same images, of each class in turn.
  private static Path ofThreeClasses(Path digits) {
    try {
      Path folder = Files.createDirectories(shared.resolve("classes"));
      for (Split split : Split.values()) {
        Files.copy(digits.resolve(split.imagesFile()), folder.resolve(split.imagesFile()));
        ByteBuffer labels = ByteBuffer.allocate(8 + PyTorch.DIGITS).putInt(0x801);
        labels.putInt(PyTorch.DIGITS);
        IntStream.range(0, PyTorch.DIGITS).forEach(k -> labels.put((byte) (k % 3)));
        Files.write(folder.resolve(split.labelsFile()), labels.array());
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void learnsWhatHindsightLearns() throws Exception {
    PyTorch python = PyTorch.find(shared);
    Path digits = python.digits(new ImageShape(11, 13));
    Stream<Path> grey =
        Stream.of(
                "made --hidden 31 --layers 2",
                "wavenet --residual-channels 5 --blocks 3",
                "pixelcnn --filters 6 --kernel 5 --layers 1 --residual-blocks 1 --positions --levels 256",
                "transformer --width 6 --layers 1 --heads 2 --levels 4",
                "lstm --hidden 7 --layers 2 --head categorical",
                "pixelcnn --filters 6 --kernel 3 --layers 1 --optimizer muon",
                "transformer --width 6 --layers 1 --heads 2 --optimizer muon --muon-factor 3",
                "pixel-snail --filters 4 --blocks 1 --residual-blocks 1 --kernel 3 --heads 2 --optimizer muon",
                "lstm --hidden 5 --layers 1 --optimizer muon",
                "pixel-rnn --hidden 3 --layers 1 --optimizer muon")
            .map(model -> python.train(model, EVERYTHING, digits));
    Path noise = cifar();
    Stream<Path> colour =
        Stream.of(
                "gated-pixelcnn --filters 4 --kernel 3 --layers 1 --levels 4",
                "wavenet --residual-channels 3 --blocks 2 --head logistic-mixture:3 --optimizer muon")
            .map(model -> python.train(model, EVERYTHING, noise));
    Stream<Path> conditional =
        Stream.of(
                "gated-pixelcnn --filters 4 --kernel 3 --layers 1 --classes --class-dropout 0.3 --optimizer muon")
            .map(model -> python.train(model, EVERYTHING, ofThreeClasses(digits)));
    List<Path> runs = Stream.of(grey, colour, conditional).flatMap(all -> all).toList();
    List<String> lines = python.lines(LEARN, runs.stream());
    assertThat(lines).hasSameSizeAs(runs);
    for (int k = 0; k < runs.size(); k++) {
      String run = runs.get(k).getFileName().toString();
      JsonNode theirs = Json.parse("learn.py", lines.get(k));
      List<Metric> ours = Metrics.read(runs.get(k).resolve("metrics.jsonl"));
      assertThat(theirs.path("train_nats")).hasSize(2);
      assertThat(theirs.path("clipped_steps").intValue()).as(run).isPositive();
      assertLearnt(run, ours, Metric.Kind.TRAIN, theirs.path("train_nats"));
      assertLearnt(run, ours, Metric.Kind.VALIDATION, theirs.path("validation_nats"));
      assertLearnt(run, ours, Metric.Kind.TEST, theirs.path("test_nats"));
    }
  }

  /// The rival learns, and `pixelcnn_pp.py` ends where a pixel of it sees itself or a later one.
  @Test
  void pixelCnnPlusPlusLearnsTheSameImages() throws Exception {
    PyTorch python = PyTorch.find(shared);
    String few = " --levels 256 --filters 2 --layers 1 --kernel 3 --epochs 1 --batch 4";
    Path run = python.train("pixelcnn", few, python.digits(new ImageShape(12, 16, 1, 256)));
    String rival =
        """
        import sys
        sys.argv += ["--images", "64", "--filters", "4", "--blocks", "1", "--batch", "4"]
        import pixelcnn_pp
        pixelcnn_pp.main()
        """;
    JsonNode learnt = Json.parse("rival", python.lines(rival, Stream.of(run)).getFirst());
    assertThat(learnt.path("images").intValue()).isEqualTo(64);
    assertThat(learnt.path("test_bits_per_dim").doubleValue()).isBetween(0.1, 20.0);
  }

  private static void assertLearnt(
      String run, List<Metric> ours, Metric.Kind kind, JsonNode theirs) {
    List<Double> nats =
        ours.stream().filter(metric -> metric.kind() == kind).map(Metric::nllNats).toList();
    List<Double> found = new ArrayList<>();
    (theirs.isArray() ? theirs.values() : List.of(theirs)).forEach(x -> found.add(x.doubleValue()));
    assertThat(found).as("%s, %s", run, kind).hasSameSizeAs(nats);
    for (int epoch = 0; epoch < nats.size(); epoch++) {
      assertThat(found.get(epoch))
          .as("%s, %s, epoch %d", run, kind, epoch + 1)
          .isCloseTo(nats.get(epoch), within(TOLERANCE * nats.get(epoch)));
    }
  }
}
