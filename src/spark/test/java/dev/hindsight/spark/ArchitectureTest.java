package dev.hindsight.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// This module alone names Spark, and nobody names it.
@AnalyzeClasses(packages = "dev.hindsight", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule sparkIsNamedHereAlone =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.hindsight.spark..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "scala..", "dev.hindsight.spark..");

  @ArchTest
  static final ArchRule backendsAreNotNamed =
      noClasses()
          .that()
          .resideInAPackage("dev.hindsight.spark..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.hindsight.backend.[cpu|cuda|nd4j]..", "jcuda..", "org.nd4j..");
}
