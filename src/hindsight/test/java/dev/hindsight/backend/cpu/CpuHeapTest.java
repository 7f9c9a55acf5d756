package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cpu.loops.OwnLoops;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.ChildJvm;
import dev.hindsight.testing.CpuInBf16;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A training step leaves the descriptions of its shares on the heap, never vectors: one in every
/// iteration of one loop would be more than the bound.
@Tag("slow")
class CpuHeapTest {
  private static final int BATCH = 8;

  /// Steps until the JIT has come around.
  private static final int MOST_STEPS = 500;

  /// Bytes. An LSTM's 784 steps leave 120,000; one vector in each iteration of one loop would be
  /// 1.5 million, but for MADE, where it would show in Adam.
  private static final long BOUND = 200_000;

  /// On a busy machine the JIT may compile a loop before what that calls, and then this one JVM
  /// leaves vectors for good: seen once in some twenty. Models above the bound are asked again in
  /// another; a loop that leaves vectors anyway does so in each.
  private static final int JVMS = 3;

  private static final RandomKey KEY = RandomKey.of(8);

  /// With channels that are whole vectors and that leave some over.
  static List<ModelConfig> models() {
    return List.of(
        MadeConfig.random(ImageShape.MNIST, 200, 2, KEY),
        new WaveNetConfig(ImageShape.MNIST, 40, 3, 3),
        new WaveNetConfig(ImageShape.MNIST, 100, 2, 2), // pairs of positions are filtered
        new PixelCnnConfig(ImageShape.MNIST, 40, 2, 5, 0, false),
        new GatedPixelCnnConfig(ImageShape.MNIST, 40, 2, 5, false, false),
        new TransformerConfig(ImageShape.MNIST, 72, 2, 3, 0.1f),
        new LstmConfig(ImageShape.MNIST, 40, 1),
        new PixelRnnConfig(ImageShape.MNIST, 20, 1));
  }

  @Test
  void theJitTakesDirectives() {
    assertThat(OwnLoops.REFUSED).isNull();
  }

  /// In a JVM of its own, as training has it: what hundreds of tests did before decides what the
  /// JIT inlines.
  @Test
  void aStepLeavesNoVectorsOnTheHeap() throws Exception {
    leavesNoVectors("fp32");
  }

  @Test
  void norInBf16() throws Exception {
    leavesNoVectors("bf16");
  }

  private static void leavesNoVectors(String precision) throws Exception {
    long[] least = new long[models().size()];
    Arrays.fill(least, Long.MAX_VALUE);
    List<Integer> above = IntStream.range(0, least.length).boxed().toList();
    for (int jvm = 0; jvm < JVMS && !above.isEmpty(); jvm++) {
      Stream<String> asked = above.stream().map(String::valueOf);
      ChildJvm child =
          ChildJvm.run(
              ChildJvm.COMPUTING,
              ChildJvm.classPath(_ -> true),
              Steps.class,
              Map.of(),
              Stream.concat(Stream.of(precision), asked).toList());
      assertThat(child.exit()).as(child.toString()).isZero();
      assertThat(child.out()).hasSameSizeAs(above);
      for (int n = 0; n < above.size(); n++) {
        int model = above.get(n);
        least[model] = Math.min(least[model], Long.parseLong(child.out().get(n)));
      }
      above = above.stream().filter(n -> least[n] > BOUND).toList();
    }
    assertThat(above)
        .as("whose steps left more than %d bytes, of %s", BOUND, Arrays.toString(least))
        .isEmpty();
  }

  /// Prints the fewest bytes that a step left, of each model whose number follows the precision.
  static final class Steps {
    private Steps() {}

    public static void main(String[] args) {
      for (int n = 1; n < args.length; n++) {
        ModelConfig config = models().get(Integer.parseInt(args[n]));
        try (Backend backend =
            args[0].equals("bf16")
                ? CpuInBf16.open(Runtime.getRuntime().availableProcessors())
                : CpuBackend.open()) {
          System.out.println(leastHeap(backend, config));
        }
      }
    }

    private static long leastHeap(Backend backend, ModelConfig config) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      float[] pixels = Philox.uniforms(KEY, BATCH * ImageShape.MNIST.pixels());
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = Math.round(pixels[k]);
      }
      try (AutoregressiveModel model = config.create(backend, KEY);
          TrainingStep step =
              new TrainingStep(backend, model, new Adam(backend, model.parameters()))) {
        long least = Long.MAX_VALUE;
        for (int n = 0; n < MOST_STEPS && least > BOUND; n++) {
          long before = threads.getTotalThreadAllocatedBytes();
          step.run(pixels, BATCH, 1e-3f);
          least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
        }
        return least;
      }
    }
  }
}
