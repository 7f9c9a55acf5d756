package dev.hindsight.draw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.verify.Sight;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Receptive fields of coloured pixels, which have three values each.
class SightDrawingTest {
  private static final ImageShape COLOURS = new ImageShape(5, 7, 3, 4);

  @Test
  void countsPixelsAndNotTheirChannels() {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model =
            new WaveNetConfig(COLOURS, 4, 3, 3).create(backend, RandomKey.of(1))) {
      Sight measured = Sight.measured(backend, model);
      int pixel = 2 * COLOURS.width() + 3; // in the middle
      long seen = IntStream.range(0, pixel).filter(p -> sees(measured, pixel, p)).count();
      assertThat(SightDrawing.of(model).document("fields"))
          .contains("row 2, column 3: sees %d of %d".formatted(seen, pixel));
    }
  }

  private static boolean sees(Sight values, int pixel, int other) {
    return IntStream.range(0, 9)
        .anyMatch(pair -> values.sees(3 * pixel + pair / 3, 3 * other + pair % 3));
  }
}
