package dev.hindsight.softgpu;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.util.List;

/// The software GPU stands alone, and its packages are layers.
@AnalyzeClasses(packages = "dev.hindsight", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "dev.hindsight.softgpu";

  /// From the bottom to the top: each may use those before it only. The last is [Run].
  private static final List<String> LAYERS =
      List.of(
          ROOT + ".base",
          ROOT + ".ptx",
          ROOT + ".check",
          ROOT + ".exec",
          ROOT + ".decode",
          ROOT + ".device",
          ROOT + ".driver",
          ROOT);

  @ArchTest static final ArchRule packagesAreLayers = layers();

  private static ArchRule layers() {
    var layered = Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String layer : LAYERS) {
      layered = layered.layer(layer).definedBy(layer);
    }
    for (int k = 0; k < LAYERS.size(); k++) {
      String[] above = LAYERS.subList(k + 1, LAYERS.size()).toArray(String[]::new);
      var rule = layered.whereLayer(LAYERS.get(k));
      layered =
          above.length == 0
              ? rule.mayNotBeAccessedByAnyLayer()
              : rule.mayOnlyBeAccessedByLayers(above);
    }
    return layered;
  }

  @ArchTest
  static final ArchRule everyPackageIsALayer =
      classes()
          .that()
          .resideInAPackage(ROOT + "..")
          .should()
          .resideInAnyPackage(LAYERS.toArray(String[]::new));

  @ArchTest
  static final ArchRule noPackagesGoInCircles =
      slices().matching("dev.hindsight.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theSoftwareGpuKnowsNothingButNatives =
      classes()
          .that()
          .resideInAPackage(ROOT + "..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("dev.hindsight..")
                  .or(resideInAnyPackage(ROOT + "..", "dev.hindsight.natives..")));

  @ArchTest
  static final ArchRule nativesKnowNothingOfHindsight =
      classes()
          .that()
          .resideInAPackage("dev.hindsight.natives..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("dev.hindsight..")
                  .or(resideInAPackage("dev.hindsight.natives..")));

  /// A user of the jar gets nothing else with it: annotations are for the compiler, JCuda is his.
  @ArchTest
  static final ArchRule nothingElseIsNeeded =
      classes()
          .that()
          .resideInAPackage("dev.hindsight..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                  "dev.hindsight..",
                  "java..",
                  "org.jspecify.annotations..",
                  "com.google.errorprone.annotations.."));
}
