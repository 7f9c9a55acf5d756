package dev.hindsight.backend.cpu.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.CpuFacts;
import org.junit.jupiter.api.Test;

class AmxPermissionTest {
  /// Of asm-generic/errno.h.
  private static final int EOPNOTSUPP = 95;

  @Test
  void aRefusalHasItsReason() {
    assertThat(AmxPermission.refusal(EOPNOTSUPP)).endsWith("refuses it: Operation not supported");
  }

  @Test
  void linuxRefusesTilesThatTheCpuHasNot() {
    boolean has = CpuFacts.ofThisMachine().features().contains("amx_bf16");
    int error = AmxPermission.ask();
    assertThat(AmxPermission.refusal() == null).isEqualTo(error == 0);
    assertThat(has || error > 0).isTrue();
  }
}
