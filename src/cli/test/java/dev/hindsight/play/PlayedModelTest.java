package dev.hindsight.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The queue before a model.
class PlayedModelTest {
  private static final int WAITING = 16;

  @TempDir private Path temp;

  /// A model that is at work until it is let go.
  private PlayedModel busy(CountDownLatch go) throws Exception {
    var run =
        PlayedRuns.make(
            temp.resolve("made"), MadeConfig.random(ImageShape.MNIST, 8, 1, RandomKey.of(1)));
    var model = new PlayedModel("0", run, () -> Backends.open("cpu"));
    var begun = new CountDownLatch(1);
    Future<Boolean> _ =
        model.later(
            _ -> {
              begun.countDown();
              return await(go);
            });
    begun.await();
    return model;
  }

  private static boolean await(CountDownLatch go) {
    try {
      go.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whoHasCancelledGivesThePlaceToOthers() throws Exception {
    var go = new CountDownLatch(1);
    try (PlayedModel model = busy(go)) {
      List<Future<Integer>> gone = new ArrayList<>();
      for (int k = 0; k < WAITING; k++) {
        gone.add(model.later(_ -> 1));
      }
      assertThatThrownBy(() -> model.later(_ -> 2))
          .hasMessageContaining(" is busy: 16 requests are waiting");
      gone.forEach(each -> each.cancel(false));
      assertThat(model.ahead()).isEqualTo(1);
      Future<Integer> next = model.later(_ -> 3);
      go.countDown();
      assertThat(next.get()).isEqualTo(3);
    }
  }

  @Test
  void whoIsInterruptedWaitsNoMore() throws Exception {
    var go = new CountDownLatch(1);
    try (PlayedModel model = busy(go)) {
      var task = new FutureTask<>(() -> model.now(_ -> 1));
      Thread asks = Thread.ofVirtual().start(task);
      while (model.ahead() < 2) {
        Thread.onSpinWait();
      }
      asks.interrupt();
      asks.join();
      assertThat(model.ahead()).isEqualTo(1);
      go.countDown();
    }
  }
}
