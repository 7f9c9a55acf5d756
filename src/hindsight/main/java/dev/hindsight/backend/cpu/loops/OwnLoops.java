package dev.hindsight.backend.cpu.loops;

import com.sun.management.HotSpotDiagnosticMXBean;
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

/// Tells C2 to compile each loop over vectors on its own, and what products take together with
/// them, once in a process (JEP 165).
///
/// Inlined into a large caller, C2 would run out of nodes in the middle of a loop and make objects
/// of its vectors, hundreds of megabytes a step; whether it does depends on what was compiled
/// first. A matrix, which the smallest op makes for each of its products, is never made where C2
/// sees all that is done with it.
public final class OwnLoops {
  private static final List<Class<?>> LOOPS =
      List.of(
          Loops.class,
          VectorActivations.class,
          AttentionLoops.class,
          Bf16Loops.class,
          LayerNormLoops.class,
          LstmLoops.class,
          MixtureLoops.class);

  /// By name: products know loops, not the other way round.
  private static final List<String> PRODUCTS =
      List.of("Matrix.*", "OneDnn.multiply", "OneDnnMatmul.multiply");

  private static final int LEVEL_OF_C2 = 4; // among HotSpot's compilers

  /// Whether this JVM has C2. Without it every vector is an object.
  static final boolean COMPILED = isCompiled();

  /// Why this JVM could not be told; null when it was.
  public static final @Nullable String REFUSED =
      COMPILED ? tell() : "C2 is off; start Java without -XX:TieredStopAtLevel";

  private OwnLoops() {}

  private static boolean isCompiled() {
    var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return Integer.parseInt(options.getVMOption("TieredStopAtLevel").getValue()) == LEVEL_OF_C2;
  }

  private static @Nullable String tell() {
    String own = path(OwnLoops.class);
    String backend = own.substring(0, own.indexOf("loops/"));
    String inline =
        Stream.of(
                Stream.of("+%s.*".formatted(path(VectorMath.class))),
                PRODUCTS.stream().map(method -> "+%sproduct/%s".formatted(backend, method)),
                LOOPS.stream().map(type -> "-%s.*".formatted(path(type))))
            .flatMap(methods -> methods)
            .map("\"%s\""::formatted)
            .collect(Collectors.joining(", "));
    String directives = "[{match: \"%s*.*\", inline: [%s]}]".formatted(backend, inline);
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
