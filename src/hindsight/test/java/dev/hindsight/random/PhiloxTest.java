package dev.hindsight.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PhiloxTest {
  /// The known answers that the paper's authors publish for Philox 4x32-10: (counter, key) ->
  /// words.
  @Test
  void givesThePublishedWords() {
    int[] out = new int[4];
    Philox.block(new RandomKey(0, 0), 0, out);
    assertThat(out).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    Philox.block(new RandomKey(-1, -1), -1, out);
    assertThat(out).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    long counter = 0x85a308d3_243f6a88L;
    long stream = 0x03707344_13198a2eL;
    Philox.block(new RandomKey(0x299f31d0_a4093822L, stream), counter, out);
    assertThat(out).containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void uniformsFillTheUnitIntervalEvenly() {
    float[] u = Philox.uniforms(RandomKey.of(1), 100_000);
    int[] bins = new int[10];
    for (float x : u) {
      assertThat(x).isBetween(0f, Math.nextDown(1f));
      bins[(int) (x * 10)]++;
    }
    assertThat(Arrays.stream(bins)).allMatch(n -> Math.abs(n - 10_000) < 500);
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOne() {
    double[] z = Philox.normals(RandomKey.of(1), 100_000);
    double mean = Arrays.stream(z).average().orElseThrow();
    double variance = Arrays.stream(z).map(x -> x * x).average().orElseThrow();
    assertThat(Math.abs(mean)).isLessThan(0.02);
    assertThat(Math.abs(variance - 1)).isLessThan(0.02);
  }

  @Test
  void oneUniformIsThatOfTheWholeStream() {
    RandomKey key = RandomKey.of(9).fold("x");
    float[] all = Philox.uniforms(key, 101);
    int[] scratch = new int[4];
    for (int i = 0; i < all.length; i++) {
      assertThat(Philox.uniform(key, i, scratch)).isEqualTo(all[i]);
    }
  }

  @Test
  void aPermutationHoldsEveryNumberOnceAndDependsOnItsKey() {
    int[] p = Philox.permutation(RandomKey.of(1).fold(2), 1000);
    assertThat(p).doesNotHaveDuplicates().hasSize(1000);
    assertThat(IntStream.of(p).max().orElseThrow()).isEqualTo(999);
    assertThat(p).isNotEqualTo(Philox.permutation(RandomKey.of(1).fold(3), 1000));
  }

  @Test
  void foldedKeysDiffer() {
    RandomKey key = RandomKey.of(1);
    assertThat(key.fold("a")).isNotEqualTo(key.fold("b")).isNotEqualTo(key);
    assertThat(key.fold(0)).isNotEqualTo(key).isNotEqualTo(key.fold(1));
    assertThat(key.fold("a")).isEqualTo(key.fold("a"));
  }
}
