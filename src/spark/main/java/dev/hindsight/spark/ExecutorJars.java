package dev.hindsight.spark;

import dev.hindsight.bundle.BundleJars;
import dev.hindsight.error.IoErrors;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;

/// The jars of the driver's class path that executors lack: Hindsight and the libraries of its
/// backends, but for those that `spark.executor.extraClassPath` names. The driver serves them once
/// to each.
final class ExecutorJars {
  private static final Pattern WANTED =
      Pattern.compile(
          "(hindsight.*|jcuda.*|jcublas.*|jcudnn.*|javacpp.*|dnnl.*|onednn.*|jackson-(core|databind)-3.*|picocli.*)\\.jar");

  private ExecutorJars() {}

  /// @param master executors of a local one share the driver's class path
  static void send(JavaSparkContext spark, String master) {
    if (master.startsWith("local")) {
      return;
    }
    String own = System.getProperty("java.class.path", "");
    for (Path path : lacking(own, spark.getConf().get("spark.executor.extraClassPath", ""))) {
      spark.addJar((Files.isDirectory(path) ? pack(path) : path).toString());
    }
  }

  /// What executors with a class path of their own need of the driver's.
  static List<Path> lacking(String drivers, String own) {
    List<String> present = List.of(own.split(File.pathSeparator, -1));
    return Stream.of(drivers.split(File.pathSeparator, -1))
        .filter(entry -> !present.contains(entry))
        .map(Path::of)
        .filter(path -> Files.isDirectory(path) || isWanted(path))
        .toList();
  }

  private static boolean isWanted(Path jar) {
    return WANTED.matcher(String.valueOf(jar.getFileName())).matches();
  }

  /// A folder of classes as a jar, which Spark can serve.
  private static Path pack(Path classes) {
    try {
      Path jar = Files.createTempFile("hindsight-", ".jar");
      jar.toFile().deleteOnExit();
      BundleJars.pack(classes, jar);
      return jar;
    } catch (IOException e) {
      throw IoErrors.failed("cannot pack " + classes + " for the executors", e);
    }
  }
}
