package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TapsTest {
  private static String picture(Taps taps) {
    StringBuilder text = new StringBuilder();
    for (int tap = 0; tap < taps.k() * taps.k(); tap++) {
      text.append((taps.bits() >> tap & 1) == 1 ? 'x' : '.');
      text.append(tap % taps.k() == taps.k() - 1 ? "/" : "");
    }
    return text.toString();
  }

  @Test
  void looksAsInThePapers() {
    assertThat(picture(Taps.before(3))).isEqualTo("xxx/x../.../");
    assertThat(picture(Taps.upTo(3))).isEqualTo("xxx/xx./.../");
    assertThat(picture(Taps.above(3, false))).isEqualTo("xxx/.../.../");
    assertThat(picture(Taps.above(3, true))).isEqualTo("xxx/xxx/.../");
    assertThat(picture(Taps.left(3, false))).isEqualTo(".../x../.../");
    assertThat(picture(Taps.left(3, true))).isEqualTo(".../xx./.../");
    assertThat(picture(Taps.oneAbove())).isEqualTo(".x./.../.../");
    assertThat(picture(Taps.oneRight())).isEqualTo(".../..x/.../");
    assertThat(picture(Taps.columnBefore())).isEqualTo("x../x../.../");
  }

  @Test
  void countsWhatASevenBySevenKernelKeeps() {
    assertThat(Taps.before(7).count()).isEqualTo(24);
    assertThat(Taps.upTo(7).count()).isEqualTo(25);
    assertThat(Taps.above(7, true).count()).isEqualTo(28);
    assertThat(Taps.left(7, true).count()).isEqualTo(4);
  }

  @Test
  void knowsHowFarItReaches() {
    assertThat(Taps.upTo(7).reach()).isEqualTo(3);
    assertThat(Taps.oneAbove().reach()).isEqualTo(1);
    assertThat(Taps.left(5, true).reach()).isZero();
    assertThat(Taps.before(1).reach()).isZero();
    assertThat(Taps.upTo(7).looksDown()).isFalse();
    assertThat(new Taps(3, 1L << 8).looksDown()).isTrue();
    assertThat(new Taps(3, 0b100_010_001).live()).containsExactly(0, 4, 8);
  }

  @Test
  void keepsOfANineByNineKernelWhatOneWordHolds() {
    assertThat(Taps.before(9).count()).isEqualTo(40);
    assertThat(Taps.upTo(9).live()[40]).isEqualTo(40);
    assertThat(Taps.above(9, true).live()[44]).isEqualTo(44);
    assertThat(Taps.above(9, true).reach()).isEqualTo(4);
    assertThat(Taps.left(9, true).live()).containsExactly(36, 37, 38, 39, 40);
  }

  @Test
  void refusesLargerKernels() {
    assertThatThrownBy(() -> Taps.upTo(10)).hasMessage("taps: k must be from 1 to 9 but is 10");
  }
}
