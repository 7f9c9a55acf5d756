package dev.hindsight.softgpu.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceMemoryTest {
  /// Reports and launched ops may hold on to what was freed, so it must not hold its bytes.
  @Test
  void freedMemoryKeepsItsNameAndNoBytes() {
    DeviceMemory memory = new DeviceMemory(1 << 20);
    Allocation freed = memory.allocate(1000, "weights", false, DeviceMemory.ALIGN);
    memory.free(freed.base);
    assertThat(freed.bytes().byteSize()).isZero();
    assertThat(freed.isWritten()).isTrue();
    assertThat(memory.describe(freed.base + 4))
        .contains("at +4, the freed allocation 1,000 bytes \"weights\"");
    assertThat(memory.usedBytes()).isZero();
  }
}
