package dev.hindsight;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/// The command line knows backends by what their providers say.
@AnalyzeClasses(
    packages = {
      "dev.hindsight.cli",
      "dev.hindsight.compare",
      "dev.hindsight.bundle",
      "dev.hindsight.draw",
      "dev.hindsight.cluster",
      "dev.hindsight.play"
    },
    importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule nobodyNamesABackend =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.hindsight.backend.[cpu|cuda|nd4j]..", "jcuda..", "org.nd4j..");

  /// compare, bundle, draw, cluster <- play <- cli
  @ArchTest
  static final ArchRule arrowsGoOneWay =
      Architectures.layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("compare")
          .definedBy("dev.hindsight.compare..")
          .layer("bundle")
          .definedBy("dev.hindsight.bundle..")
          .layer("draw")
          .definedBy("dev.hindsight.draw..")
          .layer("cluster")
          .definedBy("dev.hindsight.cluster..")
          .layer("play")
          .definedBy("dev.hindsight.play..")
          .layer("cli")
          .definedBy("dev.hindsight.cli..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("play")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("draw")
          .mayOnlyBeAccessedByLayers("play", "cli")
          .whereLayer("compare")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("bundle")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("cluster")
          .mayOnlyBeAccessedByLayers("cli");

  /// A server belongs into one room.
  @ArchTest
  static final ArchRule oneRoomServes =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.hindsight.play..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.sun.net.httpserver..");

  /// It starts the product of that name, and nothing else does.
  @ArchTest
  static final ArchRule oneCommandAloneNamesTheSoftwareGpu =
      noClasses()
          .that()
          .haveNameNotMatching(".*SoftGpuCommand.*")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.hindsight.softgpu..");
}
