package dev.hindsight.softgpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Fat binaries as nvcc lays them out, byte by byte.
class FatBinaryTest {
  private static final int MACHINE = 2;
  private static final int LZ4 = 0x2011;
  private static final int ZSTD = 0x8011;

  private static byte[] entry(int kind, int architecture, int flags, byte[] data, int size) {
    ByteBuffer made = ByteBuffer.allocate(64 + (data.length + 7) / 8 * 8);
    made.order(ByteOrder.LITTLE_ENDIAN).putShort(0, (short) kind).putInt(4, 64);
    made.putLong(8, made.capacity() - 64).putInt(16, size == 0 ? 0 : data.length);
    made.putInt(28, architecture).putInt(40, flags).putLong(56, size).put(64, data);
    return made.array();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String ptx(byte[]... entries) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Arrays.stream(entries).forEach(all::writeBytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment made = arena.allocate(16 + all.size(), 8);
      made.set(ValueLayout.JAVA_INT, 0, FatBinary.MAGIC);
      made.set(ValueLayout.JAVA_SHORT, 6, (short) 16);
      made.set(ValueLayout.JAVA_LONG, 8, all.size());
      MemorySegment.copy(all.toByteArray(), 0, made, ValueLayout.JAVA_BYTE, 16, all.size());
      return FatBinary.ptx(made.address());
    }
  }

  @Test
  void theNearestArchitectureIsTaken() {
    byte[] old = entry(1, 52, 0x11, text("old"), 0);
    byte[] near = entry(1, 75, 0x11, text("near"), 0);
    byte[] later = entry(1, 900, 0x11, text("later"), 0);
    byte[] last = entry(1, 1200, 0x11, text("last"), 0);
    byte[] code = entry(MACHINE, 80, 0x11, text("\u007fELF..."), 0);
    assertThat(ptx(old, code, later, near)).isEqualTo("near");
    assertThat(ptx(near, old, last)).isEqualTo("near");
    assertThat(ptx(last, code, later)).isEqualTo("later");
    assertThat(ptx(last, old, later)).isEqualTo("old");
    byte[] all = entry(1, 75, 0x11, text(".version 8.0\n.target sm_75\n"), 0);
    byte[] alone = entry(1, 75, 0x11, text(".version 8.0\n.target sm_75a\n"), 0);
    assertThat(ptx(all, alone)).contains("sm_75a");
    assertThat(ptx(alone, all)).contains("sm_75a");
  }

  @Test
  void machineCodeAloneIsRefused() {
    assertThatThrownBy(() -> ptx(entry(MACHINE, 90, 0x11, new byte[9], 0)))
        .isInstanceOf(DriverException.class)
        .extracting(e -> ((DriverException) e).reason())
        .asString()
        .contains("machine code of sm_[90] alone; build with nvcc -arch=compute_");
  }

  @Test
  void lz4IsRead() {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    packed.writeBytes(
        new byte[] {0x3f, 'a', 'b', 'c', 3, 0, 2}); // 3 bytes, 4 + 15 + 2 of them again
    packed.writeBytes(new byte[] {(byte) 0xf0, 1}); // 15 + 1 bytes
    packed.writeBytes(text("0123456789abcdef"));
    String wanted = "abc".repeat(8) + "0123456789abcdef";
    byte[] data = packed.toByteArray();
    assertThat(ptx(entry(1, 80, LZ4, data, wanted.length()))).isEqualTo(wanted);
    byte[] damaged = Arrays.copyOf(data, data.length - 3);
    refused(damaged, LZ4, wanted.length());
    data[4] = 9; // before the beginning
    refused(data, LZ4, wanted.length());
  }

  @Test
  void zstandardIsRead() {
    byte[] data = { // a frame of one segment and 5 bytes, the last block, raw
      0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x20, 5, 0x29, 0, 0, 'h', 'e', 'l', 'l', 'o'
    };
    assertThat(ptx(entry(1, 80, ZSTD, data, 5))).isEqualTo("hello");
    data[0] = 0;
    refused(data, ZSTD, 5);
  }

  private static void refused(byte[] data, int flags, int size) {
    assertThatThrownBy(() -> ptx(entry(1, 80, flags, data, size)))
        .isInstanceOf(DriverException.class)
        .extracting(e -> ((DriverException) e).reason())
        .asString()
        .contains("build with nvcc -compress-mode=none");
  }
}
