package dev.hindsight.bench.vendor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/// The dynamic symbols that a 64-bit little-endian ELF file defines (System V gABI, chapters 4 and
/// 5).
final class ElfSymbols {
  private static final int SECTION_HEADERS = 0x28; // offset of them in the file's header
  private static final int SECTION_COUNT = 0x3c;
  private static final int DYNAMIC_SYMBOLS = 11; // SHT_DYNSYM
  private static final int SECTION_BYTES = 64;
  private static final int SYMBOL_BYTES = 24;

  private ElfSymbols() {}

  static Set<String> defined(byte[] file) {
    ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int headers = (int) elf.getLong(SECTION_HEADERS);
    Set<String> names = new TreeSet<>();
    for (int k = 0; k < elf.getShort(SECTION_COUNT); k++) {
      int section = headers + k * SECTION_BYTES;
      if (elf.getInt(section + 4) == DYNAMIC_SYMBOLS) {
        int from = (int) elf.getLong(section + 0x18);
        int bytes = (int) elf.getLong(section + 0x20);
        int strings = headers + elf.getInt(section + 0x28) * SECTION_BYTES;
        int text = (int) elf.getLong(strings + 0x18);
        for (int at = from; at < from + bytes; at += SYMBOL_BYTES) {
          boolean isDefined = elf.getShort(at + 6) != 0; // section of its definition
          if (isDefined) {
            names.add(name(file, text + elf.getInt(at)));
          }
        }
      }
    }
    return names;
  }

  private static String name(byte[] file, int from) {
    int to = from;
    while (file[to] != 0) {
      to++;
    }
    return new String(file, from, to - from, StandardCharsets.US_ASCII);
  }
}
