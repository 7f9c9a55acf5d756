package dev.hindsight.softgpu.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/// On a test or a class of tests: their JCuda code (driver API, PTX) runs on the software GPU. Each
/// test begins with a fresh context that is current in its thread, and fails with the report of
/// what was found: in its kernels, in its copies, and what it did not free.
///
/// One test runs at a time. The JVM needs `-XX:+UseG1GC --enable-native-access=ALL-UNNAMED`.
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SoftwareGpuExtension.class)
@ResourceLock("dev.hindsight.softgpu")
public @interface SoftwareGpu {
  /// What to look for: `standard`, `all`, names such as `global-race`, with commas between them; a
  /// minus takes one away.
  String check() default "standard";

  /// Shuffles the order of warps and blocks; 0 is the natural one.
  long scheduleSeed() default 0;

  /// Moves approximate results to the edge of their documented error.
  boolean perturb() default false;

  /// Whether a launch with findings goes on to its end and the test with it.
  boolean keepGoing() default true;

  /// Warp instructions after which a launch counts as one that never ends.
  long stepLimit() default 1L << 36;

  /// Size of global memory, of which the Java heap holds what is allocated.
  long memoryBytes() default 16L << 30;
}
