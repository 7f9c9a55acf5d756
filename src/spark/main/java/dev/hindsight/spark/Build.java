package dev.hindsight.spark;

import dev.hindsight.cluster.Cluster;
import dev.hindsight.error.IoErrors;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/// Which Hindsight this JVM runs: a worker may find another on its class path than its driver
/// sends.
final class Build {
  private static final String OWN = digest();

  private Build() {}

  /// CRC-32 of its classes, in folders or in jars.
  static String own() {
    return OWN;
  }

  private static String digest() {
    CRC32 crc = new CRC32();
    for (Class<?> each : List.of(RunConfig.class, Cluster.class, Build.class)) {
      Path place =
          Path.of(URI.create(each.getProtectionDomain().getCodeSource().getLocation() + ""));
      try {
        if (Files.isDirectory(place)) {
          add(crc, place);
        } else {
          try (FileSystem jar = FileSystems.newFileSystem(place)) {
            add(crc, jar.getPath("/"));
          }
        }
      } catch (IOException e) {
        throw IoErrors.failed(place + ": cannot be read", e);
      }
    }
    return "%08x".formatted(crc.getValue());
  }

  private static void add(CRC32 crc, Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      List<Path> classes =
          all.filter(file -> file.toString().endsWith(".class")).map(root::relativize).toList();
      for (String each : classes.stream().map(Path::toString).sorted().toList()) {
        crc.update(Files.readAllBytes(root.resolve(each)));
      }
    }
  }
}
