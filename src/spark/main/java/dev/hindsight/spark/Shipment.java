package dev.hindsight.spark;

import dev.hindsight.error.IoErrors;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.api.java.JavaSparkContext;

/// What executors need of the driver's class path and do not have: Hindsight, and what its backends
/// run on. Spark's own jars are there already. The driver serves them once to each.
final class Shipment {
  private static final Pattern WANTED =
      Pattern.compile(
          "(hindsight.*|jcuda.*|jcublas.*|jcudnn.*|javacpp.*|openblas.*|dnnl.*|onednn.*|jackson-(core|databind)-3.*|picocli.*)\\.jar");

  private Shipment() {}

  /// @param master executors of a local one share the driver's class path
  static void send(JavaSparkContext spark, String master) {
    if (master.startsWith("local")) {
      return;
    }
    String[] entries = System.getProperty("java.class.path", "").split(File.pathSeparator, -1);
    for (String entry : List.of(entries)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        spark.addJar(pack(path).toString());
      } else if (WANTED.matcher(String.valueOf(path.getFileName())).matches()) {
        spark.addJar(entry);
      }
    }
  }

  /// A folder of classes as a jar, which Spark can serve.
  private static Path pack(Path classes) {
    try {
      Path jar = Files.createTempFile("hindsight-", ".jar");
      jar.toFile().deleteOnExit();
      try (Stream<Path> all = Files.walk(classes);
          OutputStream file = Files.newOutputStream(jar);
          ZipOutputStream out = new ZipOutputStream(file)) {
        for (Path each : all.filter(Files::isRegularFile).sorted().toList()) {
          out.putNextEntry(new ZipEntry(classes.relativize(each).toString().replace('\\', '/')));
          Files.copy(each, out);
        }
      }
      return jar;
    } catch (IOException e) {
      throw IoErrors.failed("cannot pack " + classes + " for the executors", e);
    }
  }
}
