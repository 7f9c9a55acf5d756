package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.verify.Sight;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which pixels a logit depends on: computed from the structure alone, and measured on the real
/// model by poisoning one pixel after another. PixelCNN has a blind spot that widens with every
/// row, Gated PixelCNN has none.
@Tag("slow")
class DependencyTest {
  private static final int SIDE = ImageShape.MNIST.width();
  private static final ImageShape SMALL = new ImageShape(11, 13);
  private static final RandomKey KEY = RandomKey.of(19);
  @AutoClose private static final Backend BACKEND = Backends.open("cpu");

  private static Sight structure(ModelConfig config) {
    try (AutoregressiveModel model = config.create(BACKEND, KEY)) {
      return Sight.of(model);
    }
  }

  /// With a 3 x 3 kernel the cone above a pixel widens to the right by one column per row, however
  /// many layers there are.
  @Test
  void pixelCnnHasABlindSpotThatNoDepthCures() {
    Sight deep = structure(new PixelCnnConfig(ImageShape.MNIST, 1, 60, 3, 0, false));
    assertThat(deep.leaks()).isZero();
    // From (10, 10), the pixel one row up and two to the right is never seen, one to the right is.
    assertThat(deep.sees(10 * SIDE + 10, 9 * SIDE + 11)).isTrue();
    assertThat(deep.sees(10 * SIDE + 10, 9 * SIDE + 12)).isFalse();
    assertThat(deep.missed()).isPositive();
    assertThat(structure(new PixelCnnConfig(ImageShape.MNIST, 1, 61, 3, 0, false)).missed())
        .isEqualTo(deep.missed());
  }

  /// Each layer of either stack reaches k / 2 columns further.
  @Test
  void gatedPixelCnnHasNoBlindSpotOnceDeepEnough() {
    for (var config :
        List.of(
            new GatedPixelCnnConfig(ImageShape.MNIST, 1, 10, 7, false, false),
            new GatedPixelCnnConfig(ImageShape.MNIST, 1, 28, 3, false, false))) {
      Sight sight = structure(config);
      assertThat(sight.leaks()).isZero();
      assertThat(sight.missed()).isZero();
    }
  }

  /// A row widens what is seen by one column to the right, all the way up, however many layers
  /// there are; the first convolution reaches three columns further, from a row below.
  @Test
  void pixelRnnSeesATriangleAllTheWayUp() {
    for (int layers : new int[] {1, 3}) {
      Sight sight = structure(new PixelRnnConfig(ImageShape.MNIST, 1, layers));
      int logit = 20 * SIDE + 5;
      assertThat(sight.leaks()).isZero();
      assertThat(sight.sees(logit, 5)).isTrue();
      assertThat(sight.sees(logit, 10 * SIDE + 17)).isTrue();
      assertThat(sight.sees(logit, 10 * SIDE + 18)).isFalse();
    }
  }

  /// All that lies above is seen by a single layer. The last pixel of the row above is not, up to
  /// three columns before the right border: nobody in its own row sees it, and from the row below
  /// only the first convolution does.
  @Test
  void diagonalsSeeAllButTheLastPixelOfTheRowAbove() {
    for (int layers : new int[] {1, 3}) {
      Sight sight = structure(new PixelRnnConfig(ImageShape.MNIST, 1, layers, Kind.DIAGONAL));
      assertThat(sight.leaks()).isZero();
      assertThat(sight.missed()).isEqualTo(27 * (28 - 4));
      for (int column = 0; column < SIDE; column++) {
        assertThat(sight.sees(9 * SIDE + column, 9 * SIDE - 1)).isEqualTo(column >= 28 - 4);
      }
    }
  }

  /// Attention has no blind spot: each position up to a pixel's own contains the pixel before it.
  @Test
  void aPixelSnailSeesAllEarlierPixels() {
    Sight sight =
        structure(
            new PixelSnailConfig(ImageShape.MNIST, Head.of(ImageShape.MNIST), 0, 2, 1, 1, 3, 1));
    assertThat(sight.leaks()).isZero();
    assertThat(sight.missed()).isZero();
  }

  /// The last pixel sees the first 270 not.
  @Test
  void aWaveNetSeesItsReceptiveField() {
    var config = new WaveNetConfig(ImageShape.MNIST, 1, 9, 9);
    Sight sight = structure(config);
    assertThat(sight.of(783).nextSetBit(0)).isEqualTo(783 - config.receptiveField());
    assertThat(sight.of(783).cardinality()).isEqualTo(config.receptiveField());
  }

  /// Deeper than those that `ImageSizesTest` measures at other sizes.
  static Stream<ModelConfig> models() {
    return Stream.of(
        MadeConfig.random(SMALL, 70, 2, KEY),
        new WaveNetConfig(SMALL, 3, 5, 3),
        new PixelCnnConfig(SMALL, 2, 4, 3, 0, false),
        new PixelCnnConfig(SMALL, 2, 1, 3, 2, true),
        new GatedPixelCnnConfig(SMALL, 2, 10, 7, false, false),
        new GatedPixelCnnConfig(SMALL, 2, 2, 3, true, true),
        new TransformerConfig(SMALL, 6, 1, 2, 0),
        new PixelRnnConfig(SMALL, 2, 2),
        new PixelRnnConfig(SMALL, 2, 2, Kind.DIAGONAL));
  }

  @ParameterizedTest
  @MethodSource("models")
  void theModelsDependOnWhatTheirStructureSays(ModelConfig config) {
    try (AutoregressiveModel model = config.create(BACKEND, KEY)) {
      Sight measured = Sight.measured(BACKEND, model);
      Sight structure = Sight.of(model);
      assertThat(model.structure().seen()).as("every op says what it reads").isNotNull();
      assertThat(measured.leaks()).isZero();
      for (int p = 0; p < SMALL.pixels(); p++) {
        assertThat(measured.of(p)).as("what logit %d depends on", p).isEqualTo(structure.of(p));
      }
      assertThat(measured).isEqualTo(structure);
    }
  }

  /// A model with an op of its own, which says nothing of what it reads.
  private record Copied(AutoregressiveModel model) implements ModelView {
    @Override
    public Tensor logits(Ops ops, Tensor pixels) {
      Tensor x = model.logits(ops, pixels);
      Tensor y = ops.like(x);
      ops.backend().copy(x, y);
      ops.structure(s -> s.multiplies(3));
      return ops.record(y, (tape, dy) -> tape.pass(ops.backend(), dy, x));
    }
  }

  @Test
  void whatAnOpDoesNotSayIsMeasured() {
    try (AutoregressiveModel net = new PixelRnnConfig(SMALL, 2, 1).create(BACKEND, KEY)) {
      var copied = new Copied(net);
      assertThat(copied.structure().seen()).isNull();
      assertThat(Sight.of(copied)).isEqualTo(Sight.of(net));
      assertThat(copied.multiplyAdds()).isEqualTo(net.multiplyAdds() + 3);
    }
  }

  @Test
  void writesItsSetsAsBits() {
    byte[] bytes = structure(new LstmConfig(ImageShape.MNIST, 1, 1)).bytes();
    assertThat(bytes).hasSize(784 * 98);
    assertThat(bytes[9 * 98]).isEqualTo((byte) 0xff); // logit 9: pixels 0 to 7 ...
    assertThat(bytes[9 * 98 + 1]).isEqualTo((byte) 1); // ... and 8
    assertThat(bytes[9 * 98 + 2]).isZero();
  }
}
