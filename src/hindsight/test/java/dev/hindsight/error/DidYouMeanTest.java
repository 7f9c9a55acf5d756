package dev.hindsight.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DidYouMeanTest {
  private static final List<String> NAMES = List.of("made", "wavenet", "gated-pixelcnn", "cpu");

  private static String said(String word) {
    return DidYouMean.unknown("model", word, NAMES).getMessage();
  }

  @Test
  void namesWhatIsNear() {
    assertThat(said("wavnet"))
        .isEqualTo(
            "no model is called 'wavnet' (did you mean 'wavenet'?);"
                + " there are: made, wavenet, gated-pixelcnn, cpu");
    assertThat(said("gatedpixelcn")).contains("(did you mean 'gated-pixelcnn'?)");
    assertThat(said("Made")).contains("(did you mean 'made'?)");
  }

  @Test
  void guessesNothingFromFarAway() {
    for (String word : List.of("", "x", "tpu", "vae", "transformer")) {
      assertThat(said(word)).doesNotContain("did you mean");
    }
  }
}
