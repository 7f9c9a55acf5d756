package dev.hindsight;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The command line knows backends by what their providers say.
@AnalyzeClasses(
    packages = {"dev.hindsight.cli", "dev.hindsight.compare", "dev.hindsight.bundle"},
    importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule nobodyNamesABackend =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.hindsight.backend.*..", "jcuda..", "org.nd4j..");

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
