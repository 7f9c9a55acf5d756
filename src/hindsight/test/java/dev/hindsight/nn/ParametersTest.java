package dev.hindsight.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.tensor.Shape;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParametersTest {
  private static final int INPUTS = 331; // five chunks and 11: rows begin anywhere in one
  private static final int OUTPUTS = 37;

  @Test
  void aChunkIsLiveWhereAnyOfItExists() {
    var degrees =
        new Degrees(
            IntStream.range(0, INPUTS).toArray(),
            IntStream.range(0, OUTPUTS).map(o -> 7 * o).toArray(),
            true);
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = new Parameters(backend)) {
      Parameter before = parameters.add("before", Shape.of(3, 5), () -> new float[15]);
      Parameter masked = parameters.add("masked", degrees, () -> new float[OUTPUTS * INPUTS]);
      Parameter bias = parameters.add("bias", Shape.of(OUTPUTS), () -> new float[OUTPUTS]);
      parameters.allocate();
      var wanted = new TreeSet<Integer>();
      for (Parameter all : new Parameter[] {before, bias}) {
        for (int k = 0; k < all.shape().size(); k++) {
          wanted.add((parameters.offset(all) + k) / LiveChunks.SIZE);
        }
      }
      for (int k = 0; k < OUTPUTS * INPUTS; k++) {
        if (degrees.exists(k / INPUTS, k % INPUTS)) {
          wanted.add((parameters.offset(masked) + k) / LiveChunks.SIZE);
        }
      }
      int[] live = Objects.requireNonNull(parameters.liveChunks()).chunks();
      assertThat(live).containsExactly(wanted.stream().mapToInt(k -> k).toArray());
      long all = parameters.flat().value().size() / LiveChunks.SIZE;
      assertThat(live.length).isLessThan((int) (0.8 * all));
    }
  }

  @Test
  void withoutAMaskAllChunksAre() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = new Parameters(backend)) {
      parameters.add("weight", Shape.of(3, 5), () -> new float[15]);
      parameters.allocate();
      assertThat(parameters.liveChunks()).isNull();
    }
  }

  @Test
  void initialValuesAreDrawnWhenTheyAreWritten() {
    try (Backend backend = Backends.open("cpu");
        Parameters parameters = new Parameters(backend)) {
      Parameter weight = parameters.add("weight", Shape.of(3), () -> new float[] {1, -2, 3});
      parameters.allocate();
      assertThat(backend.readFloats(weight.value())).containsExactly(1, -2, 3);
    }
  }

  @Test
  void aPartIsSeenFromItsStart() {
    var live = new LiveChunks(new int[] {0, 2, 3, 7, 9});
    assertThat(live.part(0, 3 * LiveChunks.SIZE).chunks()).containsExactly(0, 2);
    assertThat(live.part(3 * LiveChunks.SIZE, 9 * LiveChunks.SIZE + 1).chunks())
        .containsExactly(0, 4, 6);
  }
}
