package dev.hindsight.softgpu.driver;

import dev.hindsight.natives.Downcalls;
import dev.hindsight.softgpu.ptx.Joined;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The PTX in a fat binary of nvcc: a header, then an entry for each architecture with PTX or
/// machine code, which may be compressed.
final class FatBinary {
  static final int MAGIC = 0xba55ed50;
  private static final int WRAPPER_MAGIC = 0x466243b1;
  private static final int PTX = 1;

  /// The version of a wrapper of `nvcc -rdc=true`.
  private static final int LINKED = 2;

  private static final int LZ4 = 0x2000;
  private static final int ZSTD = 0x8000;
  private static final int OURS = 10 * DeviceProperties.MAJOR + DeviceProperties.MINOR;

  /// Of two for one architecture that for it alone is taken, `sm_90a`.
  private static final Pattern SPECIFIC = Pattern.compile("(?m)^\\s*\\.target\\s+sm_\\d+a");

  private static final String UNCOMPRESSED = "build with nvcc -compress-mode=none";

  private FatBinary() {}

  /// The entry for an architecture, `8.0` being 80.
  private record Entry(int architecture, int flags, long data, int bytes, int uncompressed) {}

  /// What a program registers: a struct that points to the fat binary.
  static String ofWrapper(long wrapper) {
    if (Host.getInt(wrapper) != WRAPPER_MAGIC) {
      throw invalid("its wrapper has number 0x%x".formatted(Host.getInt(wrapper)));
    }
    if (Host.getInt(wrapper + 4) != LINKED) {
      return ptx(Host.getLong(wrapper + 8));
    }
    List<String> parts = new ArrayList<>(); // nvcc linked machine code of the PTX in these
    for (long at = Host.getLong(wrapper + 16); Host.getLong(at) != 0; at += 8) {
      parts.add(ptx(Host.getLong(at)));
    }
    return Joined.of(parts);
  }

  /// The PTX of the highest architecture up to this device's, else of the lowest above it.
  static String ptx(long address) {
    if (Host.getInt(address) != MAGIC) {
      throw invalid("it begins with 0x%x".formatted(Host.getInt(address)));
    }
    List<Entry> found = new ArrayList<>();
    Set<Integer> machine = new TreeSet<>();
    long at = address + Short.toUnsignedInt(Host.getShort(address + 6));
    for (long end = at + Host.getLong(address + 8); at < end; ) {
      int header = Host.getInt(at + 4);
      long bytes = Host.getLong(at + 8);
      int compressed = Host.getInt(at + 16);
      int size = compressed == 0 ? Math.toIntExact(bytes) : compressed;
      int architecture = Host.getInt(at + 28);
      if (Short.toUnsignedInt(Host.getShort(at)) == PTX) {
        int uncompressed = Math.toIntExact(Host.getLong(at + 56));
        found.add(new Entry(architecture, Host.getInt(at + 40), at + header, size, uncompressed));
      } else {
        machine.add(architecture);
      }
      at += header + bytes;
    }
    return text(best(found, machine));
  }

  private static Entry best(List<Entry> found, Set<Integer> machine) {
    Entry best = null;
    for (Entry each : found) {
      boolean ours = each.architecture <= OURS;
      if (best == null
          || (ours
              ? best.architecture > OURS || each.architecture > best.architecture
              : each.architecture < best.architecture)
          || (each.architecture == best.architecture && SPECIFIC.matcher(text(each)).find())) {
        best = each;
      }
    }
    if (best == null) {
      throw new DriverException(
          CudaResult.NO_BINARY_FOR_GPU,
          "wanted PTX in the fat binary, got machine code of sm_"
              + machine
              + " alone; build with nvcc -arch=compute_"
              + OURS);
    }
    return best;
  }

  private static String text(Entry entry) {
    MemorySegment data = Host.at(entry.data, entry.bytes);
    byte[] ptx =
        switch (entry.flags & (LZ4 | ZSTD)) {
          case 0 -> data.toArray(ValueLayout.JAVA_BYTE);
          case LZ4 -> lz4(data.toArray(ValueLayout.JAVA_BYTE), entry.uncompressed);
          default -> zstd(data, entry.uncompressed);
        };
    int end = ptx.length;
    while (end > 0 && ptx[end - 1] == 0) {
      end--;
    }
    return new String(ptx, 0, end, StandardCharsets.UTF_8);
  }

  /// A block of LZ4: runs of literals and copies of what was written before.
  static byte[] lz4(byte[] in, int size) {
    byte[] out = new byte[size];
    int from = 0;
    int to = 0;
    try {
      while (from < in.length) {
        int token = in[from++] & 255;
        int literals = token >> 4;
        for (int more = literals == 15 ? 255 : 0; more == 255; literals += more) {
          more = in[from++] & 255;
        }
        System.arraycopy(in, from, out, to, literals);
        from += literals;
        to += literals;
        if (from == in.length) {
          break; // the last run has no copy
        }
        int distance = (in[from] & 255) | ((in[from + 1] & 255) << 8);
        from += 2;
        int length = token & 15;
        for (int more = length == 15 ? 255 : 0; more == 255; length += more) {
          more = in[from++] & 255;
        }
        for (int end = to + length + 4; to < end; to++) { // may overlap
          out[to] = out[to - distance];
        }
      }
    } catch (IndexOutOfBoundsException _) {
      throw invalid("its LZ4 is damaged");
    }
    return out;
  }

  /// By the system's own library, which package managers of Linux need themselves.
  @SuppressWarnings("restricted") // native code is what it is for
  private static byte[] zstd(MemorySegment in, int size) {
    try (Arena arena = Arena.ofConfined()) {
      var type =
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG);
      MemorySegment out = arena.allocate(size);
      SymbolLookup library = SymbolLookup.libraryLookup("libzstd.so.1", arena);
      long made =
          (long)
              Downcalls.handle(library, "ZSTD_decompress", type)
                  .invokeExact(out, (long) size, in, in.byteSize());
      if (made != size) {
        throw invalid("its Zstandard is damaged");
      }
      return out.toArray(ValueLayout.JAVA_BYTE);
    } catch (IllegalArgumentException _) {
      throw invalid("its PTX is compressed and libzstd.so.1 is not there");
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private static DriverException invalid(String got) {
    return new DriverException(
        CudaResult.INVALID_IMAGE,
        "wanted a fat binary of nvcc that can be read, but " + got + "; " + UNCOMPRESSED);
  }
}
