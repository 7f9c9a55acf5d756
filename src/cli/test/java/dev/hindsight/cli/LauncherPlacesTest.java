package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.LauncherSandbox.Result;
import dev.hindsight.cli.LauncherSandbox.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `hindsight` where homes, folders, locales and JDKs are not as usual.
@Tag("slow")
class LauncherPlacesTest {
  @TempDir Path temp;
  private LauncherSandbox box;

  @BeforeEach
  void layOut() throws IOException {
    box = new LauncherSandbox(temp);
  }

  @Test
  void runsWithoutAHome() throws Exception {
    box.fakeMaven("");
    Path jdk = box.fakeJdk("new", "25");
    box.fake("bare", "unset HOME; exec '%s' x".formatted(box.launcher));
    Running running = box.start(box.bin.resolve("bare"), Map.of("JAVA_HOME", jdk.toString()));
    Result result = running.await();
    assertThat(result.err()).doesNotContain("unbound");
    assertThat(result.code()).isEqualTo(7);
  }

  @Test
  void aWorkingFolderThatIsGoneIsOneLine() throws Exception {
    box.ready();
    box.real("rmdir");
    box.fake(
        "gone",
        "mkdir '%s/d' && cd '%1$s/d' && rmdir '%1$s/d' && exec '%s' x 2>'%1$s/err'"
            .formatted(temp, box.launcher));
    Result result = box.start(box.bin.resolve("gone"), Map.of()).await();
    assertThat(result.code()).isEqualTo(1);
    assertThat(Files.readAllLines(temp.resolve("err")))
        .filteredOn(line -> !line.contains("getcwd")) // what bash itself says first
        .containsExactly("hindsight: the working folder is gone; cd to one that exists");
  }

  @Test
  void aJdkWithoutJavaIsPassedOver() throws Exception {
    Path jdk = box.fakeJdk("new", "25");
    Files.delete(jdk.resolve("bin/java"));
    Result result = box.start(box.launcher, Map.of("JAVA_HOME", jdk.toString()), "x").await();
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).startsWith("hindsight: needs a JDK 25 or newer").hasLineCount(1);
  }

  @Test
  void tooFewOpenFilesIsOneLine() throws Exception {
    box.ready();
    box.fake("few", "ulimit -n 40; exec '%s' x".formatted(box.launcher));
    Result result = box.start(box.bin.resolve("few"), Map.of()).await();
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("hindsight: at most 40 files may be open, needs 128; run: ulimit -n 1024\n");
  }

  @Test
  void readsReleaseFilesOfOldJdks() throws Exception {
    box.fakeJdk("old", "08");
    assertThat(box.launch("x").err())
        .isEqualTo(
            "hindsight: needs a JDK 25 or newer with javac, found 8 in %s;"
                    .formatted(box.jdks.resolve("old"))
                + " install one and let JAVA_HOME name its folder\n");
  }

  @Test
  void readsTheLastLineOfAReleaseFileThatHasNoEnd() throws Exception {
    box.fakeMaven("");
    Path jdk = box.fakeJdk("new", "25");
    Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25\"");
    assertThat(box.launch("x").code()).isEqualTo(7);
  }

  @Test
  void aFolderWithAColonIsRefusedInOneLine() throws Exception {
    box.ready();
    Path project = Files.move(box.project, temp.resolve("a:b"));
    Result result = box.start(project.resolve("hindsight"), Map.of(), "x").await();
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "hindsight: cannot run in %s: a ':' separates the folders of a class path; rename it\n"
                .formatted(project));
    assertThat(box.calls()).isEmpty();
  }

  @Test
  void aFileOfAnotherUserInTargetIsOneLine() throws Exception {
    box.ready();
    box.real("flock");
    Path lock = Files.createDirectories(box.project.resolve("target/lock")); // root can write files
    Result result = box.launch("x");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .startsWith(
            "hindsight: cannot write %s, which is needed to build; run: sudo chown -R "
                .formatted(lock))
        .hasLineCount(1);
    assertThat(box.calls()).isEmpty();
  }

  /// Java itself must find a class below a folder with an umlaut, which the locale has not.
  @Test
  void runsBelowAnUmlautInThePosixLocale() throws Exception {
    box.fakeMaven("");
    Path jdk = box.fakeJdk("new", "25");
    Files.writeString(
        jdk.resolve("bin/java"),
        "#!/bin/sh\nexec '%s/bin/java' \"$@\"\n".formatted(System.getProperty("java.home")));
    Path source = Files.createDirectories(temp.resolve("source")).resolve("Main.java");
    Files.writeString(
        source,
        """
        package dev.hindsight.cli;
        class Main {
          public static void main(String[] args) {
            System.out.println(args[0].length());
          }
        }
        """);
    Path classes = Files.createDirectories(box.project.resolve("src/cli/target/classes"));
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString());
    assertThat(compiled).isZero();
    box.fake( // in bash, since this JVM may have no umlauts either
        "umlaut",
        "mv '%s' '%s'/$(printf 'pr\\303\\274f') && exec '%2$s'/$(printf 'pr\\303\\274f')/hindsight \"$@\""
            .formatted(box.project, temp));
    for (Map<String, String> locale :
        List.of(
            Map.of("LC_ALL", "POSIX"), Map.<String, String>of(), Map.of("LANG", "xx_XX.UTF-8"))) {
      Running running = box.start(box.bin.resolve("umlaut"), locale, "two words");
      Result result = running.await();
      assertThat(result.out()).as(result.err()).isEqualTo("9\n");
      box.fake("umlaut", "exec '%s'/$(printf 'pr\\303\\274f')/hindsight \"$@\"".formatted(temp));
    }
  }
}
