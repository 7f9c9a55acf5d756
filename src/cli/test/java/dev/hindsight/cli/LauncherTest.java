package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.cli.LauncherSandbox.Result;
import dev.hindsight.cli.LauncherSandbox.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the script `hindsight` as a process, with fake tools.
@Tag("slow")
class LauncherTest {
  private static final String BUILD =
      "mvn --batch-mode --no-transfer-progress --quiet process-classes -Dspotless.check.skip=true"
          + " -Dmdep.skip=false -pl !src/spark";

  @TempDir Path temp;
  private LauncherSandbox box;

  @BeforeEach
  void layOut() throws IOException {
    box = new LauncherSandbox(temp);
  }

  @Test
  void namesTheJdkToInstallWhenThereIsNone() throws Exception {
    Result result = box.launch("train", "made");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            "hindsight: needs a JDK 25 or newer with javac, found none;"
                + " install one and let JAVA_HOME name its folder\n");
  }

  @Test
  void namesTheJdkThatIsTooOld() throws Exception {
    Path old = box.fakeJdk("old", "21.0.4");
    box.fake("dnf", "exit 9");
    Result result = box.launch("train", "made");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err())
        .isEqualTo(
            "hindsight: needs a JDK 25 or newer with javac, found 21 in %s;".formatted(old)
                + " run: sudo dnf install java-25-openjdk-devel\n");
  }

  @Test
  void namesMavenWhenThereIsNone() throws Exception {
    box.fakeJdk("new", "25");
    Result result = box.launch("train", "made");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err())
        .isEqualTo(
            "hindsight: needs Maven 3.6.3 or newer, found no mvn on PATH;"
                + " install it and put its bin folder on PATH\n");
  }

  @Test
  void saysHowToStartAClusterBeforeAnythingIsThere() throws Exception {
    box.real("cat");
    for (String[] words : new String[][] {{"spark", "--help"}, {"spark", "worker", "-h"}}) {
      Result help = box.launch(words);
      assertThat(help.code()).isZero();
      assertThat(help.out()).startsWith("Usage: hindsight spark master [--host HOST]");
      assertThat(help.err()).isEmpty();
    }
    Result wrong = box.launch("spark", "maste");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err())
        .isEqualTo(
            "hindsight: wanted spark master, spark worker or spark submit, got 'maste';"
                + " see hindsight spark --help\n");
  }

  @Test
  void becomesJavaWithTheFlagsOfThePomAndTheArgumentsAsGiven() throws Exception {
    box.ready();
    Running running = box.start(box.launcher, Map.of(), "train", "two words", "*", "");
    Result result = running.await();
    assertThat(result.code()).isEqualTo(7);
    String pom = Files.readString(Path.of("pom.xml"));
    String flags = pom.replaceFirst("(?s).*<jvm.flags>(.*)</jvm.flags>.*", "$1");
    List<String> expected = new ArrayList<>();
    expected.add(Long.toString(running.process().pid()));
    expected.addAll(List.of(flags.split(" ")));
    expected.add("-cp");
    expected.add(box.project.resolve("src/cli/target/classes") + ":" + box.jar());
    expected.addAll(List.of("dev.hindsight.cli.Main", "train", "two words", "*", ""));
    assertThat(result.out().lines()).containsExactlyElementsOf(expected);
  }

  @Test
  void withoutArgumentsJavaSaysWhatThereIs() throws Exception {
    box.ready();
    Result result = box.launch();
    assertThat(result.err()).doesNotContain("unbound variable");
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.out().lines()).last().isEqualTo("dev.hindsight.cli.Main");
  }

  @Test
  void benchIsAProgramOfItsOwnAndBundleSeesItsJars() throws Exception {
    box.ready();
    box.fake("cc", ""); // the bundle holds the software GPU
    String classes = box.project.resolve("bench/target/classes") + ":" + box.jar();
    assertThat(box.launch("bench", "--op", "add").out().lines())
        .endsWith("-cp", classes, "dev.hindsight.bench.Main", "--op", "add");
    assertThat(box.launch("bundle").out().lines())
        .endsWith("-cp", classes, "dev.hindsight.cli.Main", "bundle");
  }

  @Test
  void prefersJavaHomeUnlessItIsTooOld() throws Exception {
    box.fakeMaven("");
    box.fakeJdk("a", "25");
    Path early = box.fakeJdk("b", "26-ea");
    Path old = box.fakeJdk("c", "17.0.11");
    box.launch("build");
    Files.writeString(early.resolve("bin/java"), "#!/bin/sh\nexit 26\n");
    Files.writeString(old.resolve("bin/java"), "#!/bin/sh\nexit 17\n");
    assertThat(codeWith(early)).isEqualTo(26);
    assertThat(codeWith(old)).isEqualTo(7);
    assertThat(codeWith(temp.resolve("absent"))).isEqualTo(7);
  }

  private int codeWith(Path javaHome) throws Exception {
    return box.start(box.launcher, Map.of("JAVA_HOME", javaHome.toString()), "x").await().code();
  }

  @Test
  void findsTheJdkOfTheJavacOnPath() throws Exception {
    box.fakeMaven("");
    Path jdk = Files.move(box.fakeJdk("new", "25"), temp.resolve("else where"));
    assertThat(box.launch("x").code()).isEqualTo(3);
    Files.createSymbolicLink(box.bin.resolve("javac"), jdk.resolve("bin/javac"));
    assertThat(box.launch("x").code()).isEqualTo(7);
  }

  @Test
  void runsThroughALink() throws Exception {
    box.ready();
    Path link = Files.createSymbolicLink(box.bin.resolve("hs"), box.launcher);
    assertThat(box.start(link, Map.of(), "devices").await().out())
        .contains(box.project.resolve("src/cli/target/classes") + ":");
  }

  @Test
  void buildsOnceAndAgainWhenASourceOrAJarChanged() throws Exception {
    box.ready();
    assertThat(box.launch("x").err()).contains("building once").contains("built in");
    assertThat(box.launch("x").err()).isEmpty();

    Path folder = box.project.resolve("src/cli/main");
    Path source = Files.createFile(folder.resolve("A.java"));
    LauncherSandbox.age(folder);
    LauncherSandbox.renew(source);
    assertThat(box.launch("x").err()).contains("sources changed, building");
    LauncherSandbox.age(source);
    assertThat(box.launch("x").err()).isEmpty();

    Files.delete(source);
    LauncherSandbox.renew(folder);
    assertThat(box.launch("x").err()).contains("sources changed, building");
    LauncherSandbox.age(folder);
    assertThat(box.launch("x").err()).isEmpty();

    Files.delete(box.jar());
    assertThat(box.launch("x").err()).contains("building");
    assertThat(box.calls()).containsExactly(BUILD, BUILD, BUILD, BUILD);
  }

  @Test
  void aSourceSavedDuringTheBuildIsBuiltNextTime() throws Exception {
    box.fakeJdk("new", "25");
    box.fakeMaven("sleep 0.1; echo new >src/cli/main/A.java");
    box.launch("x");
    box.fakeMaven("");
    assertThat(box.launch("x").err()).contains("sources changed, building");
    assertThat(box.launch("x").err()).isEmpty();
  }

  @Test
  void aFailedBuildShowsTheEndOfItsLogAndIsTriedAgain() throws Exception {
    box.fakeMaven("echo first; for i in 1 2 3 4; do printf '%s\\n' a b c d end$i; done; exit 1");
    box.fakeJdk("new", "25");
    for (int attempt = 0; attempt < 2; attempt++) {
      Result result = box.launch("x");
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err())
          .contains("end1\n", "end4\n")
          .doesNotContain("first\n")
          .endsWith("the build failed; its log is %s/target/build.log\n".formatted(box.project));
    }
    assertThat(box.calls()).containsExactly(BUILD, BUILD);
  }

  @Test
  void startsAtTheSameTimeBuildOnce() throws Exception {
    box.real("flock");
    startTogether();
  }

  @Test
  void startsAtTheSameTimeBuildOnceWithoutFlock() throws Exception {
    Path lock = Files.createDirectories(box.project.resolve("target")).resolve("lock.pid");
    Files.createSymbolicLink(lock, Path.of("99999999")); // its owner died
    startTogether();
    assertThat(Files.isSymbolicLink(lock)).isFalse();
  }

  private void startTogether() throws Exception {
    box.fakeMaven("sleep 0.3");
    box.fakeJdk("new", "25");
    List<Running> starts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      starts.add(box.start(box.launcher, Map.of(), "x"));
    }
    for (Running start : starts) {
      assertThat(start.await().code()).isEqualTo(7);
    }
    assertThat(box.calls()).containsExactly(BUILD);
  }

  @Test
  void leavesInstallingToTheUserWhoIsNotRoot() throws Exception {
    box.fake("apt-get", "exit 9");
    box.fake("id", "echo 1000");
    Result result = box.launch("x");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err())
        .endsWith("; run: sudo apt-get install openjdk-25-jdk-headless ca-certificates maven\n");
    assertThat(box.calls()).containsExactly("id -u");
  }

  @Test
  void installsWithAptAsRoot() throws Exception {
    box.ready();
    Files.move(box.jdks, temp.resolve("jdks"));
    Files.move(box.bin.resolve("mvn"), temp.resolve("mvn"));
    box.fake("id", "echo 0");
    box.fake("apt-get", "echo no such package; exit 100");
    Result refused = box.launch("x");
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err())
        .contains("\nno such package\n")
        .contains("apt-get could not install openjdk-25-jdk-headless ca-certificates maven; ");

    box.fake(
        "apt-get",
        "[ $1 = update ] || { mv '%s/jdks' '%s'; mv '%1$s/mvn' '%s'; }"
            .formatted(temp, box.jdks, box.bin));
    Result result = box.launch("x");
    assertThat(result.err())
        .startsWith(
            "hindsight: installing openjdk-25-jdk-headless ca-certificates maven with apt-get");
    assertThat(result.code()).isEqualTo(7);
    assertThat(box.calls())
        .contains(
            "apt-get update",
            "apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends"
                + " openjdk-25-jdk-headless ca-certificates maven");
  }

  @Test
  void testRunsEveryCheckAndFailsWhenOneDoes() throws Exception {
    box.fakeJdk("new", "25");
    box.fakeMaven(
        "case \"$*\" in *examples*) echo no example; exit 1;;"
            + " *'-pl src/softgpu -Dtesting.jvms=1') echo Tests run: 2; exit 1;;"
            + " *'-pl src/spark,bench -Dtesting.jvms=1') echo Tests run: 4; exit 1;;"
            + " *'surefire:test -pl !src/softgpu,!src/spark,!bench') echo Tests run: 3; exit 1;; esac");
    box.fake("nvcc", "");
    box.fake("make", "echo spills; exit 2");
    box.fake("clang-format", "exit 1");
    box.fake("shellcheck", "exit 1");
    box.fake("cc", "");
    Result failed = box.launch("test");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out())
        .isEqualTo("Tests run: 3\nno example\nTests run: 4\nTests run: 2\nspills\n");
    assertThat(failed.err())
        .containsPattern(
            "failed in \\d+ s: unit tests, examples, unit tests of Spark and bench, unit tests of the"
                + " software GPU, PTX check, clang-format, shellcheck\n$");
    assertThat(box.calls())
        .contains("make --no-print-directory -j 2 -C %s/cuda-build check".formatted(box.project));
    List<String> maven = box.calls().stream().filter(call -> call.startsWith("mvn")).toList();
    assertThat(maven).hasSize(7);
    assertThat(maven.getFirst()).endsWith(" test-compile -pl src/softgpu");
    String first = " surefire:test -pl src/softgpu -Dtesting.jvms=1"; // beside all others
    assertThat(maven).filteredOn(call -> call.endsWith(first)).hasSize(1);
    List<String> others = maven.stream().filter(call -> !call.endsWith(first)).toList();
    assertThat(others.get(1)).contains("/target/repository ").endsWith(" test-compile");
    assertThat(others.get(2))
        .contains("/target/repository ", " install ")
        .endsWith(" -Dmaven.main.skip -Dmaven.test.skip");
    assertThat(others.subList(3, 6)) // side by side
        .allMatch(call -> call.contains("/target/repository "))
        .anyMatch(call -> call.endsWith("ples/pom.xml verify"))
        .anyMatch(call -> call.endsWith(" surefire:test -pl src/spark,bench -Dtesting.jvms=1"))
        .anyMatch(call -> call.endsWith(" surefire:test -pl !src/softgpu,!src/spark,!bench"));

    box.fakeMaven("case \"$*\" in *install*) exit 1;; esac");
    Result unbuilt = box.launch("test");
    assertThat(unbuilt.err()).containsPattern("failed in \\d+ s: build, PTX check, clang");
    assertThat(box.calls()).filteredOn(call -> call.contains(" verify")).hasSize(1); // as before

    Files.delete(box.bin.resolve("mvn"));
    assertThat(box.launch("test").err()).contains("needs Maven");

    box.fakeMaven("");
    box.fake("make", "");
    box.fake("clang-format", "");
    box.fake("shellcheck", "");
    Result passed = box.launch("test");
    assertThat(passed.code()).isZero();
    assertThat(passed.err()).containsPattern("^hindsight: all checks passed in \\d+ s\n$");
  }

  @Test
  void testPassesItsArgumentsOnAndLeavesOutWhatIsSlow() throws Exception {
    box.ready();
    box.fake("nvcc", "");
    box.fake("cc", "");
    assertThat(box.launch("test", "--quick", "-X").code()).isZero();
    assertThat(box.launch("test", "-Dtest=AnyTest").code()).isZero();
    assertThat(box.launch("test", "--all", "-Dtest=AnyTest").code()).isZero();
    List<String> tested = box.calls().stream().filter(call -> call.matches(".* test .*")).toList();
    assertThat(tested).hasSize(3);
    assertThat(tested.get(0)).endsWith(" test -DexcludedGroups=slow,exhaustive -X");
    assertThat(tested.get(1)).endsWith(" test -Dtest=AnyTest");
    assertThat(tested.get(2))
        .endsWith(" test -DexcludedGroups= -Dhindsight.crash.all -Dtest=AnyTest");
    assertThat(box.calls()).noneMatch(call -> call.startsWith("make"));
  }

  @Test
  void testOfAllRunsWhatIsExhaustive() throws Exception {
    box.ready();
    for (String tool : List.of("nvcc", "make", "cc")) {
      box.fake(tool, "");
    }
    assertThat(box.launch("test", "--all").code()).isZero();
    assertThat(box.calls())
        .contains(
            "make --no-print-directory -j 2 -C %s/cuda-build check test ALL=1"
                .formatted(box.project))
        .filteredOn(call -> call.contains("surefire:test"))
        .hasSize(3)
        .allMatch(call -> call.endsWith(" -DexcludedGroups= -Dhindsight.crash.all"));
  }

  @Test
  void theSoftwareGpuNeedsACompilerAndNothingElseDoes() throws Exception {
    box.ready();
    Result test = box.launch("test");
    assertThat(test.code()).isEqualTo(3);
    assertThat(test.err()).contains("needs a C compiler for the software GPU");
    assertThat(box.launch("train", "made", "--device", "software").code()).isEqualTo(3);
    assertThat(box.launch("train", "made", "--device=software").code()).isEqualTo(3);
    assertThat(box.launch("train", "made").code()).isEqualTo(7); // what the fake java ends with
  }
}
