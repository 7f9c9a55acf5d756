package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hindsight softgpu` runs a program that knows nothing of Hindsight.
@Tag("slow")
class SoftGpuCommandTest {
  /// Allocates, prints its arguments and who is on its class path, and ends with the first argument
  /// as its exit code, without freeing where the second is `leak`.
  private static final String PROGRAM =
      """
      package mine;
      import static jcuda.driver.JCudaDriver.*;
      import jcuda.driver.*;
      public class Program {
        public static void main(String[] args) throws Exception {
          setExceptionsEnabled(true);
          cuInit(0);
          cuCtxCreate(new CUcontext(), 0, new CUdevice());
          CUdeviceptr x = new CUdeviceptr();
          cuMemAlloc(x, 64);
          byte[] name = new byte[64];
          cuDeviceGetName(name, 64, new CUdevice());
          System.out.println(new String(name).trim() + ": " + String.join(" ", args));
          for (String type : new String[] {"picocli.CommandLine", "org.jspecify.annotations.NullMarked"}) {
            String file = type.replace('.', '/') + ".class";
            boolean absent = Program.class.getClassLoader().getResource(file) == null;
            System.out.println(type + (absent ? " is absent" : " is there"));
          }
          if (args[1].equals("endless")) {
            String ptx = ".version 7.0 .target sm_80 .address_size 64 .entry k() { L: bra L; }\\0";
            CUmodule module = new CUmodule();
            CUfunction k = new CUfunction();
            cuModuleLoadData(module, ptx.getBytes());
            cuModuleGetFunction(k, module, "k");
            cuLaunchKernel(k, 1, 1, 1, 32, 1, 1, 0, null, jcuda.Pointer.to(), null);
            cuCtxSynchronize();
          }
          if (args[1].equals("read")) System.out.println(new String(System.in.readAllBytes()));
          if (!args[1].equals("leak")) cuMemFree(x);
          System.exit(Integer.parseInt(args[0]));
        }
      }
      class Instance {
        public void main(String[] args) {}
      }
      """;

  @TempDir private static Path classes = Path.of("");

  @BeforeAll
  static void compile() throws IOException {
    Path source = classes.resolve("Program.java");
    Files.writeString(source, PROGRAM);
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                complaints,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    assertThat(status).as(complaints.toString(StandardCharsets.UTF_8)).isZero();
  }

  /// @param options before the class path
  private static Cli softgpu(String options, String program) throws Exception {
    return Cli.run(("softgpu " + options).strip() + " -cp %s " + program, classes);
  }

  @Test
  void theProgramRunsAsIfAloneAndItsExitCodeIsPassedOn() throws Exception {
    Cli cli = softgpu("", "mine.Program 7 tidy --check -cp @x");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.lines())
        .containsExactly(
            "Hindsight software GPU: 7 tidy --check -cp @x",
            "picocli.CommandLine is absent",
            "org.jspecify.annotations.NullMarked is absent");
    assertThat(cli.exit()).isEqualTo(7);
  }

  @Test
  void whatIsTypedReachesTheProgram() throws Exception {
    Path input = Files.writeString(classes.resolve("input"), "typed");
    Path output = classes.resolve("output");
    Process process =
        Cli.process("softgpu -cp %s mine.Program 0 read", classes)
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    assertThat(Files.readString(output)).endsWith("typed\n");
  }

  @Test
  void aFindingIsExitCode1UnlessItsCheckIsOff() throws Exception {
    Cli leak = softgpu("--schedule-seed 3", "mine.Program 0 leak");
    assertThat(leak.err()).contains("leaked 64 bytes");
    assertThat(leak.exit()).isEqualTo(1);
    assertThat(softgpu("--check standard,-leak", "mine.Program 0 leak").ok().err()).isEmpty();
  }

  @Test
  void aKernelThatNeverEndsIsStoppedAtTheLimit() throws Exception {
    Cli cli = softgpu("--step-limit 5000", "mine.Program 0 endless");
    assertThat(cli.err()).contains("Launch never ends: 5,000 warp");
    assertThat(cli.exit()).isEqualTo(1);
  }

  @Test
  void mistakesAreOneLineAndExitCode2() throws Exception {
    refused(softgpu("", "no.such.Main"), "wanted class no.such.Main");
    String noMain = "wanted a public static void main(String[]) in mine.Instance, it has none";
    refused(softgpu("", "mine.Instance"), noMain);
    refused(softgpu("--check races", "mine.Program"), "shared-race", "\"races\"");
    refused(Cli.run("softgpu -- mine.Program"), "mine.Program");
    refused(Cli.run("softgpu --check races -- mine.Program"), "shared-race", "\"races\"");
  }

  private static void refused(Cli cli, String... parts) {
    assertThat(cli.err().lines()).singleElement().asString().contains(parts);
    assertThat(cli.exit()).isEqualTo(2);
  }
}
