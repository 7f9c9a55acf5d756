package dev.hindsight;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;

/// The arrows between packages go one way, and nobody names a backend: `Backends` finds them.
@AnalyzeClasses(packages = "dev.hindsight", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  /// From the bottom to the top: each may use those above its line only.
  static final String[][] ROOMS = {
    {"error", "random", "tensor"},
    {"image"},
    {"format"},
    {"data"},
    {"backend"},
    {"ops"},
    {"nn"},
    {"exchange"},
    {"model"}, // what all models share
    {"sample"},
    {"model.*"}, // a folder each
    {"train"},
    {"quality"},
    {"catalogue"},
    {"verify"},
  };

  /// The same of the rooms of `cpu`, which nobody else enters.
  static final String[][] CPU_ROOMS = {
    {"backend.cpu.machine"},
    {"backend.cpu.loops"},
    {"backend.cpu.product"},
    {"backend.cpu.core"},
    {"backend.cpu.linear"},
    {"backend.cpu.conv"},
    {"backend.cpu.attention", "backend.cpu.lstm", "backend.cpu.pointwise"},
    {"backend.cpu"},
  };

  @ArchTest static final ArchRule arrowsGoOneWay = layers(ROOMS);

  @ArchTest static final ArchRule arrowsOfTheCpuGoOneWay = layers(CPU_ROOMS);

  @ArchTest
  static final ArchRule roomsOfTheCpuBesideEachOtherAreStrangers =
      slices()
          .matching("dev.hindsight.backend.cpu.(attention|lstm|pointwise)")
          .should()
          .notDependOnEachOther();

  private static ArchRule layers(String[][] rooms) {
    var layered =
        Architectures.layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true);
    for (String[] row : rooms) {
      for (String room : row) {
        boolean alone = room.equals("model") || room.endsWith("*") || room.equals("backend.cpu");
        String deep = alone ? "" : "..";
        layered = layered.layer(room).definedBy("dev.hindsight." + room + deep);
      }
    }
    for (int k = 0; k < rooms.length; k++) {
      String[] users = Arrays.stream(rooms).skip(k).flatMap(Arrays::stream).toArray(String[]::new);
      for (String room : rooms[k]) {
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
  static final ArchRule modelsDoNotKnowEachOther =
      slices().matching("dev.hindsight.model.(*)").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule everyModelBringsItsSampler =
      classes()
          .that()
          .resideInAPackage("dev.hindsight.model.*")
          .and()
          .areAssignableTo(AutoregressiveModel.class)
          .should()
          .beAssignableTo(SampledModel.class);

  /// Else a model of somebody else's could not do what Hindsight's own do.
  @ArchTest
  static final ArchRule trainingKnowsModelsFromTheirListAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.hindsight.train..")
          .and()
          .doNotBelongToAnyOf(BuiltInModel.class)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.hindsight.model.*");

  @ArchTest
  static final ArchRule nobodyNamesABackend =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.hindsight.backend.[cpu|cuda|nd4j]..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.hindsight.backend.[cpu|cuda|nd4j]..");

  /// device <- launch <- lstm, draw <- a class a family
  @ArchTest
  static final ArchRule roomsOfCuda =
      Architectures.layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("device")
          .definedBy("dev.hindsight.backend.cuda.device")
          .layer("launch")
          .definedBy("dev.hindsight.backend.cuda.launch")
          .layer("lstm")
          .definedBy("dev.hindsight.backend.cuda.lstm")
          .layer("draw")
          .definedBy("dev.hindsight.backend.cuda.draw")
          .layer("families")
          .definedBy("dev.hindsight.backend.cuda")
          .whereLayer("families")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("lstm")
          .mayOnlyBeAccessedByLayers("families")
          .whereLayer("draw")
          .mayOnlyBeAccessedByLayers("families")
          .whereLayer("launch")
          .mayOnlyBeAccessedByLayers("lstm", "draw", "families");

  @ArchTest
  static final ArchRule backendsDoNotNameEachOther =
      slices().matching("dev.hindsight.backend.(cpu|cuda|nd4j)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule onlyTheCudaBackendUsesTheSoftwareGpu =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.hindsight.backend.cuda..", "dev.hindsight.softgpu..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.hindsight.softgpu..");

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
