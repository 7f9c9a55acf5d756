package dev.hindsight.spark;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hindsight.cli.Main;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.cluster.ClusterProvider;
import dev.hindsight.cluster.ClusterSpec;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.spark.TestRun.Trained;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointNotFoundException;
import org.apache.spark.rpc.RpcEnv;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

/// A master and a worker as `hindsight spark` starts them, and who does not know their secret.
@Tag("slow")
class StrangersTest {
  /// Whether this user can become another.
  private static final boolean HAS_OTHERS =
      System.getProperty("user.name").equals("root") && Files.exists(Path.of("/usr/bin/setpriv"));

  private static final String SUBMISSION =
      """
      {"action":"CreateSubmissionRequest","clientSparkVersion":"4.2.0","appResource":"file:/x.jar",\
      "mainClass":"X","appArgs":[],"environmentVariables":{"A":"b"},\
      "sparkProperties":{"spark.app.name":"x","spark.master":"spark://127.0.0.1:7077"}}\
      """;
  private static final String REQUEST =
      """
      POST /v1/submissions/create HTTP/1.1\r
      Host: evil.example\r
      Origin: http://evil.example\r
      Content-Type: text/plain\r
      Content-Length: %d\r
      Connection: close\r
      \r
      %s\
      """
          .formatted(SUBMISSION.length(), SUBMISSION);
  private static final String PAGE = "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n";

  @TempDir private static Path temp;
  private static Process master;
  private static Process worker;
  private static String url;
  private static Path secret;

  /// A program on this class path; what it prints goes to a file of the folder.
  private static Process java(String name, Class<?> main, String... words) throws IOException {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-modules=jdk.incubator.vector",
            "-Dspark.testing=true",
            "-Dspark.test.home=" + temp,
            "-Dorg.slf4j.simpleLogger.log.org.apache.spark=info",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    all.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().put("SPARK_WORKER_DIR", temp.resolve("work").toString());
    return builder.redirectErrorStream(true).redirectOutput(temp.resolve(name).toFile()).start();
  }

  /// Waits until a program has printed something.
  private static Matcher printed(Process process, String name, String pattern) throws Exception {
    while (true) {
      boolean alive = process.isAlive();
      String text = Files.readString(temp.resolve(name));
      Matcher found = Pattern.compile(pattern).matcher(text);
      if (found.find()) {
        return found;
      }
      assertThat(alive).as(text).isTrue();
      Thread.sleep(50);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    secret = temp.resolve("secret");
    master = java("master", Daemon.class, "master", "--port=0", "--secret=" + secret);
    url = printed(master, "master", "Starting Spark master at (spark://\\S+)").group(1);
    worker = java("worker", Daemon.class, "worker", "--cores=2", "--secret=" + secret, url);
    printed(worker, "worker", "Successfully registered with master");
  }

  @AfterAll
  static void end() throws Exception {
    for (Process each : List.of(worker, master)) {
      each.destroy();
      assertThat(each.waitFor()).isEqualTo(143);
    }
    awaitNoExecutors();
  }

  private static Stream<ProcessHandle> executors() {
    return worker.descendants().filter(each -> each.info().command().orElse("").endsWith("java"));
  }

  private static void awaitNoExecutors() throws InterruptedException {
    while (executors().findAny().isPresent()) {
      Thread.sleep(50);
    }
  }

  private static Stream<ProcessHandle> everybody() {
    return Stream.concat(
        Stream.of(ProcessHandle.current(), master.toHandle(), worker.toHandle()), executors());
  }

  private static Map<String, String> settings() {
    Map<String, String> all = new HashMap<>(TestRun.SMALL);
    all.putAll(TestRun.OFTEN);
    all.put("spark.executor.cores", "1");
    all.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    return all;
  }

  private static Cluster open(List<String> notices) {
    var spec = new ClusterSpec(url, 2, ExchangeKind.TCP, secret, settings(), notices::add);
    return ClusterProvider.find().open(spec);
  }

  /// What a port answers to somebody who says something and has no secret.
  private static String answer(InetSocketAddress port, String said) {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port.getPort())) {
      socket.setSoTimeout(2000);
      socket.getOutputStream().write(said.getBytes(UTF_8));
      return new String(socket.getInputStream().readNBytes(32), UTF_8);
    } catch (IOException _) {
      return ""; // sent away, or left without an answer
    }
  }

  /// Calls every port again and again until it is told to stop.
  private static Thread strangers(
      List<InetSocketAddress> ports, AtomicBoolean stop, ConcurrentSkipListSet<String> answers) {
    return Thread.ofPlatform()
        .start(
            () -> {
              while (!stop.get()) {
                for (InetSocketAddress port : ports) {
                  for (String said :
                      List.of(
                          REQUEST,
                          PAGE.formatted("evil.example"),
                          PAGE.formatted("127.0.0.1:" + port.getPort()))) {
                    answers.add(answer(port, said));
                  }
                }
                LockSupport.parkNanos(100_000_000); // others test beside it
              }
            });
  }

  /// An executor is killed meanwhile, too.
  @Test
  void getNothingFromAnyPortAndTrainingGoesOn() throws Exception {
    TestRun run = new TestRun(3000, 1, 0);
    List<String> notices = new ArrayList<>();
    ConcurrentLinkedQueue<InetSocketAddress> ports = new ConcurrentLinkedQueue<>();
    ConcurrentSkipListSet<String> answers = new ConcurrentSkipListSet<>();
    AtomicBoolean stop = new AtomicBoolean();
    List<Thread> callers = new ArrayList<>();
    Trained trained;
    try (Cluster cluster = open(notices)) {
      trained =
          run.on(
              cluster,
              (_, _) -> {
                if (callers.isEmpty()) {
                  ports.addAll(openPorts());
                  callers.add(strangers(List.copyOf(ports), stop, answers));
                  executors().findFirst().orElseThrow().destroyForcibly();
                }
              },
              notices);
      stop.set(true);
      callers.getFirst().join();
      requireNoWordWithoutTheSecret(openPorts());
      requireThatOthersReadNothing();
      if (HAS_OTHERS) {
        requireThatAnotherUserReadsAndAsksInVain();
      }
    }
    // master, worker and driver two each, executors one; those of the exchange are closed by then
    assertThat(ports).hasSizeGreaterThanOrEqualTo(8);
    assertThat(ports).allMatch(port -> port.getAddress().isLoopbackAddress());
    assertThat(answers).allMatch(text -> text.isEmpty() || text.startsWith("HTTP/1.1 403 "));
    assertThat(answers).hasSize(2);
    assertThat(notices).anyMatch(line -> line.startsWith("a worker was lost ("));
    Trained alone = run.alone();
    assertThat(trained.weights()).isEqualTo(alone.weights());
    assertThat(trained.nats()).isEqualTo(alone.nats());
    awaitNoExecutors();
    assumeTrue(HAS_OTHERS, "all but another user was tried: not root, or no setpriv");
  }

  private static List<InetSocketAddress> openPorts() {
    try {
      return OpenPorts.of(everybody());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// By Spark's own protocol. One who is let in hears at least that there is no such endpoint.
  private static void requireNoWordWithoutTheSecret(List<InetSocketAddress> ports) {
    SparkConf conf = new SparkConf(false).set("spark.rpc.lookupTimeout", "3s");
    SecurityManager security =
        new SecurityManager(
            conf,
            Option.empty(),
            org.apache.spark.internal.config.package$.MODULE$.AUTH_SECRET_FILE());
    RpcEnv env = RpcEnv.create("stranger", "127.0.0.1", 0, conf, security, true);
    for (InetSocketAddress port : ports) {
      Throwable refused =
          catchThrowable(
              () -> env.setupEndpointRef(RpcAddress.apply("127.0.0.1", port.getPort()), "Master"));
      assertThat(refused)
          .as("%s", port)
          .isNotNull()
          .isNotInstanceOf(RpcEndpointNotFoundException.class);
    }
    env.shutdown();
  }

  private static void requireThatOthersReadNothing() throws Exception {
    String known = Files.readString(secret).strip();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
        .isEqualTo("rw-------");
    List<ProcessHandle> processes = everybody().toList();
    for (ProcessHandle each : processes) {
      assertThat(Files.readString(Path.of("/proc/" + each.pid() + "/cmdline")))
          .isNotEmpty()
          .doesNotContain(known);
    }
    try (Stream<Path> all = Files.walk(temp)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        if (!each.equals(secret)) {
          assertThat(Files.readString(each, ISO_8859_1)).as("%s", each).doesNotContain(known);
        }
      }
    }
  }

  private static void requireThatAnotherUserReadsAndAsksInVain() throws Exception {
    StringBuilder script = new StringBuilder("id -u; cat " + secret + ";");
    everybody().forEach(each -> script.append("cat /proc/%d/environ;".formatted(each.pid())));
    for (InetSocketAddress port : openPorts()) {
      script.append(
          "(exec 3<>/dev/tcp/127.0.0.1/%d; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 2 head -n 1 <&3);"
              .formatted(port.getPort()));
    }
    Process nobody =
        new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "bash",
                "-c",
                script.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> read = nobody.inputReader(UTF_8).lines().distinct().toList();
    nobody.waitFor();
    assertThat(read.getFirst()).isEqualTo("65534");
    assertThat(read.subList(1, read.size())).allMatch(line -> line.startsWith("HTTP/1.1 403 "));
  }

  /// With one executor.
  private static Process driver(String name, String more) throws IOException {
    String line = "train made --hidden=256 --epochs=9 --batch=16 --backend=cpu --workers=1";
    String here = " --cluster=%s --secret=%s --run=%s".formatted(url, secret, temp.resolve(name));
    String words = line + here + more + TestRun.conf(settings()) + " --conf=spark.cores.max=1";
    return java(name + ".log", Main.class, words.split(" "));
  }

  @Test
  void aDriverThatIsKilledLeavesNoProcess() throws Exception {
    Process driver = driver("killed", "");
    printed(driver, "killed.log", "Submitting .*SparkWorkerGroup");
    List<InetSocketAddress> ports =
        OpenPorts.of(Stream.concat(everybody(), Stream.of(driver.toHandle())));
    AtomicBoolean stop = new AtomicBoolean();
    Thread callers = strangers(ports, stop, new ConcurrentSkipListSet<>());
    assertThat(executors()).isNotEmpty();
    driver.destroyForcibly();
    awaitNoExecutors();
    stop.set(true);
    callers.join();
    assertThat(worker.isAlive()).isTrue();
    assertThat(master.isAlive()).isTrue();
  }

  @Test
  void aDriverThatIsStoppedWhileItValidatesSaysOneLine() throws Exception {
    Process driver = driver("stopped", " --validation=7840");
    printed(driver, "stopped.log", "Submitting .*SparkCluster");
    driver.destroy();
    assertThat(driver.waitFor()).isEqualTo(143);
    assertThat(Files.readAllLines(temp.resolve("stopped.log")))
        .filteredOn(line -> line.matches("\\s+at .*|.*Exception.*|hindsight: .*"))
        .singleElement()
        .asString()
        .startsWith("hindsight: stopped; resume with: ./hindsight train made --run ");
    awaitNoExecutors();
  }

  /// One class more is enough.
  @Test
  void workersOfAnotherBuildAreRefused() throws Exception {
    Path own = Path.of(Build.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path other = temp.resolve("other-build");
    try (Stream<Path> all = Files.walk(own)) {
      for (Path each : all.toList()) {
        Files.copy(each, other.resolve(own.relativize(each).toString()));
      }
    }
    Files.write(other.resolve("Another.class"), new byte[1]);
    Map<String, String> settings = settings();
    settings.put("spark.cores.max", "1"); // one executor
    settings.computeIfPresent( // to which the driver sends its own build
        "spark.executor.extraClassPath", (_, old) -> old.replace(own.toString(), other.toString()));
    var spec = new ClusterSpec(url, 1, ExchangeKind.TCP, secret, settings, _ -> {});
    try (Cluster cluster = ClusterProvider.find().open(spec)) {
      assertThatThrownBy(() -> cluster.agree("cpu", "fp32"))
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              "executor \\d on 127.0.0.1 has Hindsight \\w{8}, Spark 4.2.0 but the driver has"
                  + " Hindsight %s, Spark 4.2.0; use the same on both".formatted(Build.own()));
    }
    awaitNoExecutors();
  }

  @Test
  void anotherSecretOrNoneIsOneLine() throws Exception {
    Path other = temp.resolve("other");
    Secret.made(other);
    String wanted = url + ": no Spark 4.2.0 master with the same secret answers;";
    for (String word : List.of("--secret=" + other, "--conf=spark.authenticate=false")) {
      Command.run("devices --cluster=%s %s".formatted(url, word)).mistake(wanted);
    }
  }
}
