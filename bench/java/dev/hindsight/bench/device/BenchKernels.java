package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaKernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/// Kernels of `kernels/` that no op launches.
public final class BenchKernels {
  private BenchKernels() {}

  /// Has the driver compile one.
  ///
  /// @param file of the PTX, such as `roofline`
  public static CudaKernel load(Backend backend, String file, String name) {
    return CudaKernel.load(backend, text(file), name);
  }

  /// The PTX of `kernels/<file>.cu`.
  static String text(String file) {
    return text(file, ".ptx");
  }

  static String text(String file, String end) {
    String resource = "/dev/hindsight/ptx/" + file + end;
    try (InputStream in =
        Objects.requireNonNull(BenchKernels.class.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
