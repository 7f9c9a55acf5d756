package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Allocation;
import java.nio.charset.StandardCharsets;

/// Text in device memory, up to its zero byte.
public final class CString {
  private static final int LONGEST = 1 << 20;
  private static final int END = 0;

  private CString() {}

  /// As many bytes as there are from a generic address on, each a Latin-1 character.
  public static String read(Warp w, int lane, long address) {
    StringBuilder out = new StringBuilder();
    int next = at(w, lane, address);
    while (next != END && out.length() < LONGEST) {
      out.append(new String(new byte[] {(byte) next}, StandardCharsets.ISO_8859_1));
      next = at(w, lane, address + out.length());
    }
    return out.toString();
  }

  /// The byte at an address; an end where the address leads nowhere.
  private static int at(Warp w, int lane, long address) {
    long local = address - Place.LOCAL_WINDOW;
    long shared = address - Place.SHARED_WINDOW;
    if (local >= 0 && local < w.block.launch.program.localBytes()) {
      return (int) w.localBytes(lane, (int) local, 1);
    }
    if (shared >= 0 && shared < w.block.shared.bytes.length) {
      return w.block.shared.bytes[(int) shared] & 0xff;
    }
    Allocation a = w.block.launch.memory.find(address, 1);
    return a == null ? END : (int) Bytes.get(a.bytes(), address - a.base, 1);
  }
}
