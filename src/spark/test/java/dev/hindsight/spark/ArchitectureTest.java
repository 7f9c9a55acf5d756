package dev.hindsight.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// No other module has Spark on its class path, so this one alone names it.
@AnalyzeClasses(packages = "dev.hindsight.spark", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule backendsAreNotNamed =
      noClasses()
          .that()
          .resideInAPackage("dev.hindsight.spark..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.hindsight.backend.[cpu|cuda|nd4j]..", "jcuda..", "org.nd4j..");
}
