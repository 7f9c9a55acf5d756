package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/// On which thread a backend is opened.
class StructuresTest {
  @Test
  void structuresOpenTheirBackendOnAThreadOfTheSystem() throws Exception {
    List<Boolean> virtual = new ArrayList<>();
    var structures =
        new Structures(
            List.of(),
            () -> {
              virtual.add(Thread.currentThread().isVirtual());
              throw new BackendException("not here");
            });
    var task = new FutureTask<>(structures::chapters);
    Thread.ofVirtual().start(task).join();
    assertThat(virtual).containsExactly(false);
    assertThatThrownBy(task::get).hasRootCauseMessage("not here");
  }
}
