package dev.hindsight.backend.cpu;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/// Tells C2 to compile each loop over vectors on its own, once in a process (JEP 165).
///
/// Inlined into a large caller, C2 would run out of nodes in the middle of a loop and make objects
/// of its vectors, hundreds of megabytes a step; whether it does depends on what was compiled
/// first.
final class OwnLoops {
  private static final List<Class<?>> LOOPS =
      List.of(
          VectorLoops.class,
          VectorActivations.class,
          VectorAttention.class,
          VectorBf16.class,
          VectorLayerNorm.class,
          VectorLstm.class,
          VectorMixture.class);

  /// Why this JVM could not be told; null when it was.
  static final @Nullable String REFUSED = tell();

  private OwnLoops() {}

  private static @Nullable String tell() {
    String inline =
        Stream.concat(
                Stream.of("\"+%s.*\"".formatted(path(VectorMath.class))),
                LOOPS.stream().map(type -> "\"-%s.*\"".formatted(path(type))))
            .collect(Collectors.joining(", "));
    String callers = OwnLoops.class.getPackageName().replace('.', '/') + "/*.*";
    String directives = "[{match: \"%s\", inline: [%s]}]".formatted(callers, inline);
    try {
      Path file = Files.createTempFile("hindsight", ".json");
      try {
        Files.writeString(file, directives);
        return accepted(file) ? null : "this JVM takes no directives for its compiler";
      } finally {
        Files.delete(file);
      }
    } catch (IOException | JMException e) {
      return "this JVM takes no directives for its compiler (%s)".formatted(e.getMessage());
    }
  }

  private static String path(Class<?> type) {
    return type.getName().replace('.', '/');
  }

  private static boolean accepted(Path file) throws JMException {
    Object said =
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesAdd",
                new Object[] {new String[] {file.toString()}},
                new String[] {String[].class.getName()});
    return said.toString().contains("added");
  }
}
