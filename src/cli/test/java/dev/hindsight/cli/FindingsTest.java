package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class FindingsTest {

  /// Ends a context while memory is allocated in it, or not, and is content with itself.
  @Command(name = "allocate")
  private record Allocate(boolean leak) implements Callable<Integer> {
    @Override
    public Integer call() {
      try (Backend _ = Backends.openSoftwareGpu()) {
        CUcontext context = new CUcontext();
        CUdeviceptr pointer = new CUdeviceptr();
        JCudaDriver.cuCtxCreate(context, 0, new CUdevice());
        JCudaDriver.cuMemAlloc(pointer, 64);
        if (!leak) {
          JCudaDriver.cuMemFree(pointer);
        }
        JCudaDriver.cuCtxDestroy(context);
      }
      return 0;
    }
  }

  private static String run(boolean leak, int code) {
    StringWriter err = new StringWriter();
    CommandLine command = Main.commandLine().setErr(new PrintWriter(err));
    command.addSubcommand(new Allocate(leak));
    assertThat(command.execute("allocate")).isEqualTo(code);
    return err.toString();
  }

  @Test
  void aFindingFailsACommandThatWentOn() {
    assertThat(run(true, 1)).contains("failed: the software GPU reported 1 finding(s)");
    assertThat(run(false, 0)).isEmpty();
  }
}
