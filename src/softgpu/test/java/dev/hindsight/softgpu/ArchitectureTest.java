package dev.hindsight.softgpu;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.hindsight", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theSoftwareGpuKnowsNothingButNatives =
      classes()
          .that()
          .resideInAPackage("dev.hindsight.softgpu..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("dev.hindsight..")
                  .or(resideInAnyPackage("dev.hindsight.softgpu..", "dev.hindsight.natives..")));

  @ArchTest
  static final ArchRule nativesKnowNothingOfHindsight =
      classes()
          .that()
          .resideInAPackage("dev.hindsight.natives..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("dev.hindsight..")
                  .or(resideInAPackage("dev.hindsight.natives..")));
}
