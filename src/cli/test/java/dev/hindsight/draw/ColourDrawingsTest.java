package dev.hindsight.draw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.LogisticMixtureHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.random.RandomKey;
import dev.hindsight.verify.Sight;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Drawings of coloured pixels, which have three values each, are read back.
class ColourDrawingsTest {
  private static final ImageShape COLOURS = new ImageShape(5, 7, 3, 4);
  private static final int PIXEL = 2 * COLOURS.width() + 3; // in the middle
  private static final ModelConfig CONFIG = new WaveNetConfig(COLOURS, 4, 3, 3);

  @Test
  void countsPixelsAndNotTheirChannels() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = CONFIG.create(backend, RandomKey.of(1))) {
      Sight measured = Sight.measured(backend, model);
      long seen = IntStream.range(0, PIXEL).filter(p -> sees(measured, PIXEL, p)).count();
      assertThat(SightDrawing.of(model).document("fields"))
          .contains("row 2, column 3: sees %d of %d".formatted(seen, PIXEL));
    }
  }

  private static boolean sees(Sight values, int pixel, int other) {
    return IntStream.range(0, 9)
        .anyMatch(pair -> values.sees(3 * pixel + pair / 3, 3 * other + pair % 3));
  }

  /// Weights are drawn where they are not zero, and a value reaches the outputs that the two masks
  /// lead to.
  @Test
  void theHeadOverChannelsIsThatOfTheModel() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = CONFIG.create(backend, RandomKey.of(1))) {
      String svg = Chapter.of(model).getLast().drawings().getFirst().svg();
      List<MaskedLinear> layers = Objects.requireNonNull(((WaveNet) model).channelHead()).masks();
      boolean[][] leads = new boolean[3][3]; // from a value to outputs, by channel
      Grid first = Grid.of(svg, "mask", 3).getFirst();
      Grid second = Grid.of(svg, "mask", layers.get(1).degrees().inputs()).get(1);
      assertWeights(backend, layers.get(0), first);
      assertWeights(backend, layers.get(1), second);
      int units = layers.get(1).degrees().inputs();
      int outputs = layers.get(1).degrees().outputs();
      for (int o = 0; o < outputs; o++) {
        for (int h = 0; h < units; h++) {
          for (int value = 0; value < 3; value++) {
            leads[o * 3 / outputs][value] |=
                second.of("seen").get(o * units + h) && first.of("seen").get(h * 3 + value);
          }
        }
      }
      Sight measured = Sight.measured(backend, model);
      for (int pair = 0; pair < 9; pair++) {
        assertThat(leads[pair / 3][pair % 3])
            .as("value %d to outputs of %d", pair % 3, pair / 3)
            .isEqualTo(measured.sees(3 * PIXEL + pair / 3, 3 * PIXEL + pair % 3))
            .isEqualTo(pair % 3 < pair / 3);
      }
    }
  }

  private static void assertWeights(Backend backend, MaskedLinear layer, Grid drawn) {
    float[] weights = backend.readFloats(layer.weight().value());
    for (int k = 0; k < weights.length; k++) {
      assertThat(drawn.of("seen").get(k)).as("weight %d", k).isEqualTo(weights[k] != 0);
      assertThat(drawn.of("later").get(k)).isEqualTo(weights[k] == 0);
    }
  }

  /// An output moves the probabilities of the channels in whose rows it is lit; of one component,
  /// whose weight says nothing, only those of its own channel.
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void theOutputsOfAMixtureMoveWhatIsDrawn(int components) {
    var head = new LogisticMixtureHead(components);
    var group = new Head.Group(16, 3);
    int all = head.outputs(group);
    String svg = new MixtureDrawing(group, components).draw().document("outputs");
    Grid drawn = Grid.of(svg, "outputs", all).getFirst();
    float[] outputs = new float[all];
    for (int o = 0; o < all; o++) {
      outputs[o] = o * 7 % 10 / 10f - 0.4f;
    }
    int[] levels = {3, 9, 6};
    for (int channel = 0; channel < 3; channel++) {
      int[] before = Arrays.copyOf(levels, channel);
      double[] usual = head.probabilities(group, outputs, before);
      for (int o = 0; o < all; o++) {
        float[] moved = outputs.clone();
        moved[o] += 0.5f;
        boolean lit = drawn.of("seen").get(channel * all + o);
        boolean through = drawn.of("cut").get(channel * all + o);
        assertThat(differ(usual, head.probabilities(group, moved, before)))
            .as("output %d of channel %d", o, channel)
            .isEqualTo(components == 1 ? lit && o >= components : lit || through);
      }
    }
  }

  /// Beyond what rounding does.
  private static boolean differ(double[] usual, double[] moved) {
    return IntStream.range(0, usual.length)
        .anyMatch(level -> Math.abs(usual[level] - moved[level]) > 1e-9);
  }
}
