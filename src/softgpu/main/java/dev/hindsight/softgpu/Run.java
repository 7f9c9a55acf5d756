package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.HostProgram;
import dev.hindsight.softgpu.driver.InstalledDriver;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;

/// Runs an unmodified JCuda program, or behind `--` one of nvcc ([HostProgram]), on the software
/// GPU:
///
/// ```
/// java -XX:+UseG1GC --enable-native-access=ALL-UNNAMED -cp hindsight-softgpu.jar:jcuda.jar:… \
///     -Dhindsight.softgpu.schedule-seed=7 dev.hindsight.softgpu.Run my.Main arguments…
/// ```
///
/// [Options#ofProperties] says what can be set. Findings go to the standard error stream as they
/// happen. The exit status is the program's own, 1 where there were findings, 2 where the software
/// GPU could not start.
public final class Run {
  private static final int FINDINGS = 1;
  private static final int NOT_STARTED = 2;

  private Run() {}

  /// Installs the driver and calls the program in this thread.
  public static void main(String[] args) throws Throwable {
    if (args.length == 0) {
      throw refuse("wanted the main class of a program that uses JCuda, got none");
    }
    if (args[0].equals("--")) {
      runProgram(List.of(args).subList(1, args.length));
    }
    Method main = mainMethod(args[0]);
    InstalledDriver driver = install(options());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> conclude(driver), "software GPU"));
    try {
      main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void runProgram(List<String> command) throws InterruptedException {
    if (command.isEmpty()) {
      throw refuse("wanted a program behind --, got none");
    }
    options(); // says what cannot be read before the program begins
    List<String> settings =
        System.getProperties().stringPropertyNames().stream()
            .filter(name -> name.startsWith("hindsight.softgpu."))
            .map(name -> "-D" + name + "=" + System.getProperty(name))
            .toList();
    try {
      System.exit(HostProgram.run(command, settings));
    } catch (IllegalStateException e) {
      throw refuse(String.valueOf(e.getMessage()));
    }
  }

  private static Options options() {
    try {
      return Options.ofProperties();
    } catch (IllegalArgumentException e) {
      throw refuse(String.valueOf(e.getMessage()));
    }
  }

  private static Method mainMethod(String mainClass) {
    try {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      Method main = Class.forName(mainClass, false, loader).getMethod("main", String[].class);
      if (Modifier.isStatic(main.getModifiers())) {
        return main;
      }
    } catch (ClassNotFoundException e) {
      throw refuse("wanted class " + mainClass + ", the class path has none");
    } catch (NoSuchMethodException _) {
      // said below
    }
    throw refuse("wanted a public static void main(String[]) in " + mainClass + ", it has none");
  }

  private static InstalledDriver install(Options options) {
    try {
      InstalledDriver driver = InstalledDriver.install(options);
      driver.serveRuntimeApi();
      return driver;
    } catch (IllegalStateException e) {
      throw refuse(String.valueOf(e.getMessage()));
    }
  }

  /// Ends with status 2 and one line.
  private static IllegalStateException refuse(String reason) {
    System.err.println(reason);
    System.exit(NOT_STARTED);
    return new IllegalStateException(reason);
  }

  /// Runs as the JVM ends, however the program ended it. Only a halt can change the status then.
  private static void conclude(InstalledDriver driver) {
    if (driver.conclude() > 0) {
      System.out.flush();
      Runtime.getRuntime().halt(FINDINGS);
    }
  }
}
