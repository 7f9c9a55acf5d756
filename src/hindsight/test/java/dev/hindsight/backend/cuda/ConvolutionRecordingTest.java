package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A training step of both PixelCNNs and of PixelRNN as a CUDA graph, on the software GPU.
@Tag("slow")
class ConvolutionRecordingTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int IMAGES = 2;

  @AfterEach
  void noFindings() {
    SoftwareGpu.assertNoFindings();
  }

  static Stream<ModelConfig> models() {
    return Stream.of(
        new PixelCnnConfig(ImageShape.MNIST, 3, 1, 3, 0, false),
        new GatedPixelCnnConfig(ImageShape.MNIST, 2, 2, 3, false, false),
        new PixelRnnConfig(ImageShape.MNIST, 1, 1),
        new PixelRnnConfig(ImageShape.MNIST, 1, 1, Kind.DIAGONAL));
  }

  private record Trained(List<Double> losses, List<float[]> weights) {}

  /// The first step is plain, with a graph the second is captured and the others are replayed.
  private static Trained train(Backend gpu, ModelConfig config, boolean graph) {
    try (AutoregressiveModel model = config.create(gpu, KEY);
        TrainingStep step =
            new TrainingStep(gpu, model, new Adam(gpu, model.parameters(), 0.1f, 0.5f), graph)) {
      var losses = new ArrayList<Double>();
      long reserved = 0;
      for (int k = 0; k < 4; k++) {
        float[] pixels = Philox.uniforms(KEY.fold(k), IMAGES * ImageShape.MNIST.pixels());
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = pixels[i] < 0.3f ? 1 : 0;
        }
        losses.add(step.run(pixels, IMAGES, 1e-2f / (k + 1)));
        reserved = k == 1 ? gpu.reservedBytes() : reserved;
      }
      assertThat(gpu.reservedBytes()).as("reserved after the second step").isEqualTo(reserved);
      return new Trained(losses, List.of(gpu.readFloats(model.parameters().flat().value())));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void hasTheSameBitsWithAndWithoutAGraph(ModelConfig config) {
    try (Backend gpu = SoftwareGpu.open(8)) {
      Trained with = train(gpu, config, true);
      Trained without = train(gpu, config, false);
      assertThat(with.losses()).isEqualTo(without.losses()).doesNotHaveDuplicates();
      assertThat(with.weights().getFirst()).isEqualTo(without.weights().getFirst());
    }
  }
}
