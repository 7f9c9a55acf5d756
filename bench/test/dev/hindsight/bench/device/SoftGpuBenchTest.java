package dev.hindsight.bench.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SoftGpuBenchTest {
  @Test
  void aRowForEachKernelAndSetOfChecks() {
    StringWriter out = new StringWriter();
    int status =
        new CommandLine(new SoftGpuCommand())
            .setOut(new PrintWriter(out, true))
            .execute("--side=64", "--rounds=1", "--threads=1", "--kernels=naive,tiled");
    assertThat(status).isZero();
    assertThat(out.toString().lines().map(row -> row.replaceAll("\t[\\d.]+\t[\\d.]+$", "")))
        .containsSubsequence(
            "kernel\tchecks\tthreads\tM_thread_instructions_per_s\ttimes_none",
            "naive\tnone\t1",
            "naive\tstandard\t1",
            "naive\tall\t1",
            "tiled\tnone\t1",
            "tiled\tall\t1");
  }
}
