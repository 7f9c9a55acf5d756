package dev.hindsight.sample;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelScale;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole images that each have biases of their own, on the software GPU: each is what a launch
/// draws of it alone, where these are the biases of all images.
@Tag("slow")
class ImageBiasesTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final long FIRST = 2; // image
  private static final float TEMPERATURE = 0.9f;
  private static final Backend GPU = Backends.openSoftwareGpu();

  @AfterAll
  static void nothingWasFound() {
    GPU.close();
    assertThat(Backends.softwareFindings()).isZero();
  }

  record Case(ModelConfig config, int count) {}

  /// Binary pixels and others, with steps of every kind; more images than a tile has.
  static Stream<Case> models() {
    var binary = new ImageShape(3, 4);
    var colours = new ImageShape(2, 3, 3, 4);
    Head categorical = Head.parse("categorical");
    return Stream.of(
        new Case(new WaveNetConfig(new ImageShape(1, 3), 3, 2, 2), 30),
        new Case(new PixelCnnConfig(binary, 6, 2, 3, 1, false), 3),
        new Case(new GatedPixelCnnConfig(binary, 5, 2, 3, false, true), 3),
        new Case(new TransformerConfig(binary, 6, 2, 2, 0), 3),
        new Case(new PixelCnnConfig(colours, categorical, 0, 6, 1, 3, 1, true), 3),
        new Case(new TransformerConfig(colours, categorical, 0, 8, 1, 2, 0), 3));
  }

  /// Biases that all steps of a loop have, on top of their own.
  private static final class Biased {
    private final Scope scope;
    private final int images;
    private final int one; // whose biases all images have, -1 where each has its own
    private final int spoilt; // its biases are NaN
    private int steps;

    Biased(Scope scope, int images, int one, int spoilt) {
      this.scope = scope;
      this.images = images;
      this.one = one;
      this.spoilt = spoilt;
    }

    PixelLoop of(PixelLoop loop) {
      return new PixelLoop(
          loop.phases().stream()
              .map(phase -> new Phase(phase.when(), phase.steps().stream().map(this::of).toList()))
              .toList(),
          loop.shape());
    }

    private Step of(Step step) {
      return switch (step) {
        case Product(var span, var terms, var b, var add, var finish, var y) ->
            new Product(span, terms, bias(b, terms.getFirst().w().dim(0)), add, finish, y);
        case Logit(var terms, var b, var first) ->
            new Logit(terms, bias(b, b.channels()), (First) of(first));
        case First(var reads, var span, var terms, var b, var told, var finish, var y) ->
            new First(reads, span, terms, bias(b, y.channels()), start(told), finish, y);
        default -> step;
      };
    }

    private Tensor bias(@Nullable Tensor b, int outputs) {
      float[] base = b == null ? new float[outputs] : GPU.readFloats(b);
      float[] all = rows(base);
      return one < 0
          ? tensor(GPU, scope, all, images, outputs)
          : tensor(GPU, scope, row(all, outputs), outputs);
    }

    private float[] row(float[] all, int outputs) {
      return Arrays.copyOfRange(all, one * outputs, (one + 1) * outputs);
    }

    private @Nullable Embedding start(@Nullable Embedding told) {
      if (told == null) {
        return null;
      }
      int outputs = told.table().channels();
      float[] position = GPU.readFloats(told.position());
      float[] all = rows(new float[outputs]);
      if (one < 0) {
        return new Embedding(
            told.position(), told.table(), tensor(GPU, scope, all, images, outputs));
      }
      for (int o = 0; o < outputs; o++) {
        position[o] += all[one * outputs + o];
      }
      return new Embedding(
          tensor(GPU, scope, position, told.position().shape().dims()), told.table());
    }

    private float[] rows(float[] base) {
      double[] more = Philox.normals(KEY.fold("step " + steps++), images * base.length);
      float[] all = new float[more.length];
      for (int k = 0; k < all.length; k++) {
        boolean bad = k / base.length == spoilt;
        all[k] = bad ? Float.NaN : (float) (base[k % base.length] + 0.5 * more[k]);
      }
      return all;
    }
  }

  /// Values of each image, then its outputs.
  private static List<float[]> draw(Case what, int one, int spoilt) {
    try (AutoregressiveModel model = what.config().create(GPU, KEY)) {
      try (Scope scope = GPU.open("loop")) { // what nobody has written is NaN
        GPU.fill(scope.floats(1 << 18), Float.NaN);
      }
      try (Scope scope = GPU.open("images")) {
        int count = one < 0 ? what.count() : 1;
        int values = model.shape().values();
        Tensor draw = scope.floats(Draw.SIZE);
        Tensor pixels = scope.floats(count, values);
        Tensor outputs = scope.floats(count, what.config().outputs());
        GPU.write(draw, new Draw(KEY, FIRST + Math.max(0, one)).pieces());
        GPU.fill(pixels, Float.NaN);
        GPU.fill(outputs, Float.NaN);
        var own = (PixelLoopModel) model;
        PixelLoop loop = own.loop(GPU, GPU.sampling(), scope, count, null);
        loop = new Biased(scope, what.count(), one, spoilt).of(loop);
        Head head = what.config().head();
        ChannelHead channels = own.channelHead();
        GPU.sampling()
            .pixels(
                loop,
                new OutputHead(
                    head.distribution(),
                    head.components(),
                    channels == null ? null : channels.weights(),
                    PixelScale.scale(model.shape()),
                    PixelScale.shift(model.shape()),
                    scope.floats(count, loop.logit().b().channels())),
                new WholeImages(draw, TEMPERATURE, 0, pixels, outputs));
        float[] drawn = GPU.readFloats(pixels);
        float[] made = GPU.readFloats(outputs);
        return IntStream.range(0, count)
            .mapToObj(
                n -> {
                  float[] all = Arrays.copyOfRange(drawn, n * values, n * values + values);
                  int each = made.length / count;
                  all = Arrays.copyOf(all, values + each);
                  System.arraycopy(made, n * each, all, values, each);
                  return all;
                })
            .toList();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void eachImageIsDrawnByItsOwn(Case what) {
    List<float[]> all = draw(what, -1, -1);
    for (int n : new int[] {0, 1, what.count() - 1}) {
      float[] want = draw(what, n, -1).getFirst();
      float[] got = all.get(n);
      for (int k = 0; k < want.length; k++) {
        assertThat(got[k])
            .as("number %d of image %d", k, n)
            .isCloseTo(want[k], within(2e-5f * (1 + Math.abs(want[k]))));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void noneReadsThoseOfAnother(Case what) {
    List<float[]> want = draw(what, -1, -1);
    List<float[]> got = draw(what, -1, 1);
    for (int n = 0; n < what.count(); n++) {
      if (n == 1) {
        assertThat(got.get(n)).contains(Float.NaN);
      } else {
        assertThat(got.get(n)).containsExactly(want.get(n));
      }
    }
  }
}
