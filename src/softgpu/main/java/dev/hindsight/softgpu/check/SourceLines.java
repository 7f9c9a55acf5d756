package dev.hindsight.softgpu.check;

import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Module;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the `.cu` line of an instruction, and its text where the kernels' sources are at hand.
public final class SourceLines {
  private static final String FOLDER = "/dev/hindsight/kernels/";
  private final Module module;
  private final Map<String, List<String>> texts = new HashMap<>();

  public SourceLines(Module module) {
    this.module = module;
  }

  /// Where the instruction stands; for code from an inlined function, where the kernel calls it.
  public synchronized Site site(Instruction source) {
    int[] inlined = source.inlined();
    int fileIndex = inlined == null ? source.fileIndex() : inlined[0];
    int line = inlined == null ? source.fileLine() : inlined[1];
    String file = module.files().get(fileIndex);
    int at = source.line() - 1;
    String ptx = at >= 0 && at < module.lines().size() ? module.lines().get(at).strip() : "";
    return new Site(
        source.line(), ptx.replace('\t', ' '), file, line, file == null ? null : text(file, line));
  }

  private @Nullable String text(String file, int line) {
    List<String> lines = texts.computeIfAbsent(file, SourceLines::read);
    return line >= 1 && line <= lines.size() ? lines.get(line - 1).strip() : null;
  }

  private static List<String> read(String file) {
    try (InputStream in = SourceLines.class.getResourceAsStream(FOLDER + file)) {
      return in == null
          ? List.of()
          : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
