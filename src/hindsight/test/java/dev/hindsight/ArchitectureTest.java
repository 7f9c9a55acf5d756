package dev.hindsight;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import dev.hindsight.backend.Backends;
import java.util.Arrays;

/// The arrows between packages go one way, and nobody but `Backends` names an implementation.
@AnalyzeClasses(packages = "dev.hindsight", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  /// From the bottom to the top: each may use those above its line only.
  private static final String[][] ROOMS = {
    {"error", "random", "tensor"},
    {"format"},
    {"data"},
    {"backend"},
    {"ops"},
    {"nn"},
    {"model"},
    {"sample"},
    {"train"},
    {"catalogue"},
    {"predict"},
    {"verify"},
  };

  @ArchTest static final ArchRule arrowsGoOneWay = layers();

  private static ArchRule layers() {
    var layered =
        Architectures.layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true);
    for (String[] row : ROOMS) {
      for (String room : row) {
        layered = layered.layer(room).definedBy("dev.hindsight." + room + "..");
      }
    }
    for (int k = 0; k < ROOMS.length; k++) {
      String[] users = Arrays.stream(ROOMS).skip(k).flatMap(Arrays::stream).toArray(String[]::new);
      for (String room : ROOMS[k]) {
        String[] others = Arrays.stream(users).filter(u -> !u.equals(room)).toArray(String[]::new);
        layered =
            others.length == 0
                ? layered.whereLayer(room).mayNotBeAccessedByAnyLayer()
                : layered.whereLayer(room).mayOnlyBeAccessedByLayers(others);
      }
    }
    return layered;
  }

  @ArchTest
  static final ArchRule implementationsAreNamedByBackendsAlone =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Backends.class)
          .and(
              not(
                  resideInAnyPackage(
                      "dev.hindsight.backend.cuda..",
                      "dev.hindsight.backend.nd4j..",
                      "dev.hindsight.backend.cpu..")))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("dev.hindsight.backend.nd4j..", "dev.hindsight.backend.cpu..")
                  .or(JavaClass.Predicates.simpleName("CudaBackend")));

  @ArchTest
  static final ArchRule onlyTheCudaBackendUsesJCuda =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.hindsight.backend.cuda..", "dev.hindsight.softgpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  @ArchTest
  static final ArchRule onlyTheReferenceUsesNd4j =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.hindsight.backend.nd4j..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.nd4j..");
}
