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
import dev.hindsight.sample.Sampler;
import dev.hindsight.sample.SmallModels;
import dev.hindsight.testing.ChildJvm;
import dev.hindsight.testing.CpuInBf16;
import dev.hindsight.train.Adam;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.TrainingStep;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A training step and the drawing of a pixel leave the descriptions of their shares on the heap,
/// never vectors: one in every iteration of one loop would be more than the bound.
@Tag("slow")
class CpuHeapTest {
  private static final int BATCH = 8;

  /// Steps, and sheets, until the JIT has come around.
  private static final int MOST_STEPS = 500;

  private static final int MOST_SHEETS = 100;

  /// Bytes. An LSTM's 784 steps leave 120,000; one vector in each iteration of one loop would be
  /// 1.5 million, but for MADE, where it would show in Adam.
  private static final long OF_A_STEP = 200_000;

  /// Bytes: no arrays and no tensors, where an op has several shares a description of them.
  private static final long OF_A_PIXEL = 1024;

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

  private static List<ModelConfig> drawn() {
    return Stream.of(BuiltInModel.values()).map(SmallModels::small).toList();
  }

  @Test
  void theJitTakesDirectives() {
    assertThat(OwnLoops.REFUSED).isNull();
  }

  /// In a JVM of its own, as training has it: what hundreds of tests did before decides what the
  /// JIT inlines.
  @Test
  @Tag("exhaustive") // a step in bf16 has the same loops, and those that convert
  void aStepLeavesNoVectorsOnTheHeap() throws Exception {
    leavesNoVectors("fp32", models().size(), OF_A_STEP);
  }

  @Test
  void norInBf16() throws Exception {
    leavesNoVectors("bf16", models().size(), OF_A_STEP);
  }

  @Test
  void norDoesDrawingAPixel() throws Exception {
    leavesNoVectors("pixel", drawn().size(), OF_A_PIXEL);
  }

  private static void leavesNoVectors(String what, int models, long bound) throws Exception {
    long[] least = new long[models];
    Arrays.fill(least, Long.MAX_VALUE);
    List<Integer> above = IntStream.range(0, models).boxed().toList();
    for (int jvm = 0; jvm < JVMS && !above.isEmpty(); jvm++) {
      Stream<String> asked = above.stream().map(String::valueOf);
      ChildJvm child =
          ChildJvm.run(
              ChildJvm.COMPUTING,
              ChildJvm.classPath(_ -> true),
              Least.class,
              Map.of(),
              Stream.concat(Stream.of(what), asked).toList());
      assertThat(child.exit()).as(child.toString()).isZero();
      assertThat(child.out()).hasSameSizeAs(above);
      for (int n = 0; n < above.size(); n++) {
        int model = above.get(n);
        least[model] = Math.min(least[model], Long.parseLong(child.out().get(n)));
      }
      above = above.stream().filter(n -> least[n] > bound).toList();
    }
    assertThat(above)
        .as("which left more than %d bytes, of %s", bound, Arrays.toString(least))
        .isEmpty();
  }

  /// Prints the fewest bytes that a step or a pixel left, of each model whose number follows.
  static final class Least {
    private Least() {}

    public static void main(String[] args) {
      for (int n = 1; n < args.length; n++) {
        int model = Integer.parseInt(args[n]);
        try (Backend backend =
            args[0].equals("bf16")
                ? CpuInBf16.open(Runtime.getRuntime().availableProcessors())
                : CpuBackend.open()) {
          System.out.println(
              args[0].equals("pixel")
                  ? ofAPixel(backend, drawn().get(model))
                  : ofAStep(backend, models().get(model)));
        }
      }
    }

    private static long ofAPixel(Backend backend, ModelConfig config) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      try (AutoregressiveModel model = config.create(backend, KEY)) {
        for (int sheet = 0; sheet < MOST_SHEETS && least > OF_A_PIXEL; sheet++) {
          try (Sampler sampler = Sampler.of(backend, model, new Sampler.Request(3, 1, KEY))) {
            while (sampler.hasNext()) {
              long before = threads.getCurrentThreadAllocatedBytes();
              sampler.next();
              long bytes = threads.getCurrentThreadAllocatedBytes() - before;
              boolean inside = sampler.position() > 300; // where all taps of a kernel exist
              least = inside ? Math.min(least, bytes) : least;
            }
          }
        }
      }
      return least;
    }

    private static long ofAStep(Backend backend, ModelConfig config) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      float[] pixels = Philox.uniforms(KEY, BATCH * ImageShape.MNIST.pixels());
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = Math.round(pixels[k]);
      }
      try (AutoregressiveModel model = config.create(backend, KEY);
          TrainingStep step =
              new TrainingStep(backend, model, new Adam(backend, model.parameters()))) {
        long least = Long.MAX_VALUE;
        for (int n = 0; n < MOST_STEPS && least > OF_A_STEP; n++) {
          long before = threads.getTotalThreadAllocatedBytes();
          step.run(pixels, BATCH, 1e-3f);
          least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
        }
        return least;
      }
    }
  }
}
