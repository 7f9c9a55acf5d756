package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Pretrained.Origin;
import dev.hindsight.train.RunCheck.Finding;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedTest {
  private static final Origin ORIGIN = new Origin("train made --hidden 16", "this machine");

  @TempDir private Path temp;

  /// What ships is read from within a jar, checked, and is the run's weights to half a precision.
  @Test
  void areReadFromAJar() throws IOException {
    Path run = temp.resolve("run");
    try (Backend backend = Backends.open("cpu")) {
      SmallRun.begin(backend, run, SmallRun.config(1, 1e-3f, Schedule.CONSTANT, 20));
      StoredRun stored = StoredRun.open(run);
      assertThat(Pretrained.origin(stored)).isEmpty();
      StoredRun published = StoredRun.open(jar(stored));
      assertThat(Pretrained.origin(published)).contains(ORIGIN);
      List<Finding> findings = RunCheck.of(published.folder(), backend);
      assertThat(findings).allMatch(Finding::holds);
      float[] wanted = weights(backend, stored);
      float[] found = weights(backend, published);
      assertThat(found).hasSameSizeAs(wanted).isNotEqualTo(wanted);
      for (int k = 0; k < wanted.length; k++) {
        assertThat(found[k]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(wanted[k])));
      }
    }
  }

  /// Folders beside a licence, in a jar.
  private Path jar(StoredRun run) throws IOException {
    Path jar = temp.resolve("weights.jar");
    try (FileSystem zip = FileSystems.newFileSystem(jar, Map.of("create", "true"))) {
      Path folder = Files.createDirectories(zip.getPath("weights", "small"));
      Files.writeString(zip.getPath("weights", "LICENSE"), "");
      for (Path file : List.of(run.folder().config(), run.folder().metrics())) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
      Path weights = temp.resolve("model.safetensors");
      Pretrained.write(run, weights, ORIGIN);
      Files.copy(weights, folder.resolve("model.safetensors"));
    }
    URI licence = URI.create("jar:%s!/weights/LICENSE".formatted(jar.toUri()));
    Path found = Pretrained.folderOf(licence.toURL());
    assertThat(Pretrained.folderOf(licence.toURL())).isEqualTo(found);
    return found.resolve("small");
  }

  private static float[] weights(Backend backend, StoredRun run) {
    try (AutoregressiveModel model = run.load(backend)) {
      return backend.readFloats(model.parameters().flat().value());
    }
  }

  /// A copy of published weights is no run that was stopped.
  @Test
  void noTrainingGoesOnFromThem() throws IOException {
    Path run = temp.resolve("run");
    try (Backend backend = Backends.open("cpu")) {
      SmallRun.begin(backend, run, SmallRun.config(1, 1e-3f, Schedule.CONSTANT, 20));
      StoredRun stored = StoredRun.open(run);
      Pretrained.write(stored, stored.folder().model(), ORIGIN);
      Files.delete(stored.folder().optimizer());
      assertThatThrownBy(() -> SmallRun.resume(backend, run))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("holds published weights");
    }
  }

  @Test
  void withoutTheirJarThereAreNone() {
    assertThat(Pretrained.names()).isEmpty();
    assertThatThrownBy(() -> Pretrained.require("made"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("hindsight-weights");
  }
}
