package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run that was stopped between the best weights of its third epoch and that epoch's state.
class LostEpochTest {
  @TempDir private Path temp;

  private static RunConfig config(int epochs) {
    return SmallRun.config(epochs, 1e-2f, Schedule.CONSTANT);
  }

  private Path stopped(Backend backend) throws IOException {
    Path path = temp.resolve("run");
    try (RunFolder folder = RunFolder.create(path)) {
      SmallRun.train(backend, folder, config(2));
      byte[] state = Files.readAllBytes(folder.optimizer());
      SmallRun.train(backend, folder, config(3));
      Files.write(folder.optimizer(), state);
      Files.delete(folder.samples());
      assertThat(Checkpoint.best(folder.model()).epoch()).isEqualTo(3);
      assertThat(Checkpoint.reached(folder.optimizer()).epochs()).isEqualTo(2);
    }
    return path;
  }

  /// Its weights need not be those of the epoch that is done again.
  @Test
  void isNotDoneAgainWithOtherBits() throws IOException {
    try (Backend backend = Backends.open("cpu");
        RunFolder folder = RunFolder.resume(stopped(backend))) {
      byte[] model = Files.readAllBytes(folder.model());
      byte[] config = Files.readAllBytes(folder.config());
      for (RunConfig others :
          new RunConfig[] {
            config(3).with(config(3).arithmetic().withNumerics("others")),
            config(3).with(config(3).arithmetic().withPrecision("bf16"))
          }) {
        assertThatThrownBy(() -> SmallRun.train(backend, folder, others))
            .isInstanceOf(UserException.class)
            .hasMessageContaining(
                "model.safetensors: is of epoch 3, which the run was stopped in and with other bits"
                    + " may not reach again; finish that epoch where it began, or");
      }
      assertThat(folder.config()).hasBinaryContent(config);
      assertThat(SmallRun.train(backend, folder, config(3)).trained().bestEpoch()).isEqualTo(3);
      assertThat(folder.model()).hasBinaryContent(model);
    }
  }
}
