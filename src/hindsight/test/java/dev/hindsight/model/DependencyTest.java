package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Taps;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.BitSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Which pixels a logit depends on: computed from the taps alone, and measured on the real model by
/// poisoning one pixel after another. PixelCNN has a blind spot that widens with every row, Gated
/// PixelCNN has none.
@Tag("slow")
class DependencyTest {
  private static final int SIDE = AutoregressiveModel.SIDE;
  private static final int PIXELS = AutoregressiveModel.PIXELS;
  private static final RandomKey KEY = RandomKey.of(19);

  /// For each place of an image the pixels it depends on.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Sets(BitSet[] of) {
    static Sets pixels() {
      BitSet[] of = new BitSet[PIXELS];
      for (int p = 0; p < PIXELS; p++) {
        of[p] = new BitSet();
        of[p].set(p);
      }
      return new Sets(of);
    }

    Sets through(Taps taps) {
      BitSet[] seen = new BitSet[PIXELS];
      for (int p = 0; p < PIXELS; p++) {
        seen[p] = new BitSet();
        for (int tap : taps.live()) {
          int row = p / SIDE + taps.down(tap);
          int column = p % SIDE + taps.right(tap);
          if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
            seen[p].or(of[row * SIDE + column]);
          }
        }
      }
      return new Sets(seen);
    }

    Sets and(Sets other) {
      BitSet[] both = new BitSet[PIXELS];
      for (int p = 0; p < PIXELS; p++) {
        both[p] = (BitSet) of[p].clone();
        both[p].or(other.of[p]);
      }
      return new Sets(both);
    }

    /// Pairs of a place and an earlier pixel that it does not depend on.
    long unseen() {
      long unseen = 0;
      for (int p = 0; p < PIXELS; p++) {
        unseen += p - of[p].cardinality();
      }
      return unseen;
    }

    boolean looksAhead() {
      for (int p = 0; p < PIXELS; p++) {
        if (of[p].length() > p) {
          return true;
        }
      }
      return false;
    }
  }

  private static Sets pixelCnn(PixelCnnConfig config) {
    Sets h = Sets.pixels().through(Taps.before(config.kernel()));
    for (int l = 0; l < config.layers(); l++) {
      h = h.through(Taps.upTo(config.kernel()));
    }
    return h;
  }

  private static Sets gated(GatedPixelCnnConfig config) {
    int k = config.kernel();
    Sets h = Sets.pixels().through(Taps.before(k));
    Sets v = Sets.pixels().through(Taps.above(k, true));
    for (int l = 0; l < config.layers(); l++) {
      v = v.through(Taps.above(k, true));
      h = h.and(h.through(Taps.left(k, true))).and(v.through(Taps.oneAbove()));
    }
    return h.through(Taps.upTo(k));
  }

  /// Image `i` of the batch is NaN at pixel `i` alone, and NaN survives every operation.
  private static Sets measured(Backend backend, ModelConfig config) {
    BitSet[] of = new BitSet[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
      of[p] = new BitSet();
    }
    float[] images = new float[PIXELS * PIXELS];
    for (int p = 0; p < PIXELS; p++) {
      images[p * PIXELS + p] = Float.NaN;
    }
    try (AutoregressiveModel model = config.create(backend, KEY);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(PIXELS, PIXELS);
      backend.write(x, images);
      float[] logits = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
      for (int image = 0; image < PIXELS; image++) {
        for (int p = 0; p < PIXELS; p++) {
          of[p].set(image, Float.isNaN(logits[image * PIXELS + p]));
        }
      }
    }
    return new Sets(of);
  }

  private static void assertSame(Sets got, Sets want) {
    for (int p = 0; p < PIXELS; p++) {
      assertThat(got.of()[p]).as("what logit %d depends on", p).isEqualTo(want.of()[p]);
    }
  }

  /// With a 3 x 3 kernel the cone above a pixel widens to the right by one column per row, however
  /// many layers there are.
  @Test
  void pixelCnnHasABlindSpotThatNoDepthCures() {
    Sets deep = pixelCnn(new PixelCnnConfig(1, 60, 3));
    assertThat(deep.looksAhead()).isFalse();
    // From (10, 10), the pixel one row up and two to the right is never seen, one to the right is.
    assertThat(deep.of()[10 * SIDE + 10].get(9 * SIDE + 11)).isTrue();
    assertThat(deep.of()[10 * SIDE + 10].get(9 * SIDE + 12)).isFalse();
    assertThat(deep.unseen()).isPositive();
    assertThat(pixelCnn(new PixelCnnConfig(1, 61, 3)).unseen()).isEqualTo(deep.unseen());
  }

  /// Every logit sees every earlier pixel and no other.
  private static void assertSeesAllThatIsEarlier(Sets sets) {
    for (int p = 0; p < PIXELS; p++) {
      BitSet missed = new BitSet();
      missed.set(0, p);
      missed.andNot(sets.of()[p]);
      assertThat(missed).as("what logit %d misses", p).isEqualTo(new BitSet());
      assertThat(sets.of()[p].length()).as("what logit %d sees", p).isLessThanOrEqualTo(p);
    }
  }

  /// Each layer of either stack reaches k / 2 columns further.
  @Test
  void gatedPixelCnnHasNoBlindSpotOnceDeepEnough() {
    assertSeesAllThatIsEarlier(gated(new GatedPixelCnnConfig(1, 10, 7)));
    assertSeesAllThatIsEarlier(gated(new GatedPixelCnnConfig(1, 28, 3)));
  }

  @Test
  void theModelsDependOnWhatTheirTapsSay() {
    try (Backend backend = Backends.open("cpu")) {
      PixelCnnConfig plain = new PixelCnnConfig(2, 4, 3);
      assertSame(measured(backend, plain), pixelCnn(plain));
      GatedPixelCnnConfig gated = new GatedPixelCnnConfig(2, 3, 5);
      assertSame(measured(backend, gated), gated(gated));
      GatedPixelCnnConfig deep = new GatedPixelCnnConfig(2, 10, 7);
      assertSeesAllThatIsEarlier(measured(backend, deep));
    }
  }
}
