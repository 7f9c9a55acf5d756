package dev.hindsight.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/// What is timed on a GPU knows the stream of `cuda`, and NVIDIA's libraries have a room of their
/// own.
@AnalyzeClasses(packages = "dev.hindsight.bench", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule twoRoomsNameTheCudaBackend =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.hindsight.bench.device..", "dev.hindsight.bench.vendor..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.hindsight.backend.*..", "dev.hindsight.softgpu..", "org.nd4j..");

  @ArchTest
  static final ArchRule oneRoomCallsJCuda =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.hindsight.bench.vendor..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  /// bench.device <- bench.vendor <- bench <- bench.gpuday, which runs the commands.
  @ArchTest
  static final ArchRule arrowsGoOneWay =
      Architectures.layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("device")
          .definedBy("dev.hindsight.bench.device..")
          .layer("vendor")
          .definedBy("dev.hindsight.bench.vendor..")
          .layer("bench")
          .definedBy("dev.hindsight.bench")
          .layer("gpuday")
          .definedBy("dev.hindsight.bench.gpuday..")
          .whereLayer("gpuday")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("bench")
          .mayOnlyBeAccessedByLayers("gpuday")
          .whereLayer("vendor")
          .mayOnlyBeAccessedByLayers("bench")
          .whereLayer("device")
          .mayOnlyBeAccessedByLayers("vendor", "bench");
}
