package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A part that prints a row and then does what its first word says.
final class Trouble {
  private Trouble() {}

  @SuppressWarnings("restricted") // it is meant to crash
  public static void main(String[] args) throws IOException, InterruptedException {
    System.out.println("{\"us\":1.5}");
    switch (args[0]) {
      case "hang" -> Thread.sleep(Long.MAX_VALUE);
      case "crash" -> MemorySegment.ofAddress(8).reinterpret(8).get(ValueLayout.JAVA_INT, 0);
      case "killed" -> {
        String self = String.valueOf(ProcessHandle.current().pid());
        new ProcessBuilder("sh", "-c", "kill -9 " + self).start().waitFor();
      }
      case "hung kernel" -> hang();
      case "fail" -> {
        System.err.println("hindsight: no luck");
        System.exit(1);
      }
      default -> {}
    }
  }

  private static void hang() {
    String ptx =
        """
        .version 6.3
        .target sm_75
        .address_size 64
        .visible .entry hang()
        {
        again:
        \tbra.uni again;
        }
        """;
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.FP32)) {
      CudaKernel kernel = CudaKernel.load(backend, ptx, "hang");
      System.out.println("{\"loaded\":true}");
      kernel.launch(Extent.of(1), Extent.of(32), 0);
      backend.synchronize();
    }
  }
}
