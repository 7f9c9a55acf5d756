package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.launch.SingleKernel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How long the driver takes to compile each kernel that ships, alone, as it is loaded when it is
/// first launched. Where the driver keeps what it compiled (`CUDA_CACHE_DISABLE` is not 1), these
/// are reads of its cache.
public final class KernelLoads {
  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)\\s*\\(");

  private KernelLoads() {}

  /// Compiles those of a backend's precision.
  ///
  /// @param rows takes each: kernel, seconds
  public static void time(Backend backend, Consumer<Map<String, @Nullable Object>> rows) {
    for (String file : files(backend)) {
      String ptx = BenchKernels.text(file);
      List<String> kernels = ENTRY.matcher(ptx).results().map(found -> found.group(1)).toList();
      for (String kernel : kernels) {
        String alone = SingleKernel.of(ptx, kernel);
        long start = System.nanoTime();
        CudaKernel.load(backend, alone, kernel);
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("kernel", kernel);
        row.put("jit_s", (System.nanoTime() - start) / 1e9);
        rows.accept(row);
      }
    }
  }

  private static List<String> files(Backend backend) {
    String end = backend.precision().variant("");
    return BenchKernels.text("SHA256SUMS", "")
        .lines()
        .map(line -> line.replaceFirst(".* ", ""))
        .filter(name -> name.endsWith(end + ".ptx"))
        .map(name -> name.substring(0, name.length() - ".ptx".length()))
        .filter(name -> !end.isEmpty() || !name.matches(".*_(tf32|bf16|large|tall)"))
        .toList();
  }
}
