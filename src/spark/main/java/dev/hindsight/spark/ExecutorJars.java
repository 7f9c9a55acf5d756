package dev.hindsight.spark;

import dev.hindsight.bundle.BundleJars;
import dev.hindsight.error.IoErrors;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
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
    List<String> present = entries(spark.getConf().get("spark.executor.extraClassPath", ""));
    for (String entry : entries(System.getProperty("java.class.path", ""))) {
      if (present.contains(entry)) {
        continue;
      }
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        spark.addJar(pack(path).toString());
      } else if (WANTED.matcher(String.valueOf(path.getFileName())).matches()) {
        spark.addJar(entry);
      }
    }
  }

  private static List<String> entries(String classPath) {
    return List.of(classPath.split(File.pathSeparator, -1));
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
