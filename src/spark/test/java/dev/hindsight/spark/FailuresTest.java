package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.BackendException;
import dev.hindsight.cluster.ClusterException;
import dev.hindsight.error.UserException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

/// What Spark says of a task's end, and whether it is another attempt's.
class FailuresTest {
  private static final String BARRIER =
      "Job aborted due to stage failure: Could not recover from a failed barrier ResultStage."
          + " Most recent failure reason: Stage failed because barrier task ResultTask(0, 1)"
          + " finished unsuccessfully.\n";
  private static final String TASK =
      "Job aborted due to stage failure: Task 0 in stage 0.0 failed 1 times, most recent failure:"
          + " Lost task 0.0 in stage 0.0 (TID 0) (127.0.0.1 executor driver): ";
  private static final String TRACE =
      "\n\tat dev.hindsight.spark.StretchJob.run(StretchJob.java:1)";

  private static SparkException failure(String text) {
    return new SparkException(text + TRACE);
  }

  @Test
  void aGpuThatFailsInATrainingIsTriedAgain() {
    assertThatCode(
            () ->
                Failures.requireWorkers(
                    failure(BARRIER + "dev.hindsight.backend.BackendException: cuda: wanted x")))
        .doesNotThrowAnyException();
  }

  @Test
  void whatWouldFailAgainEndsATraining() {
    for (String before : new String[] {BARRIER, TASK}) {
      assertThatThrownBy(
              () ->
                  Failures.requireWorkers(
                      failure(before + "dev.hindsight.error.UserException: give less: a: b")))
          .isInstanceOf(UserException.class)
          .hasMessage("give less: a: b");
      assertThatThrownBy(
              () ->
                  Failures.requireWorkers(
                      failure(before + OpeningException.class.getName() + ": cuda: wanted a GPU")))
          .isInstanceOf(BackendException.class)
          .hasMessage("cuda: wanted a GPU");
    }
  }

  /// A worker whose neighbour is gone may have come upon the user's mistake on the way out.
  @Test
  void whatACauseOrASuppressedOneSaysIsNotWhatEndedTheTask() {
    String thrown = BARRIER + "dev.hindsight.exchange.ExchangeException: worker 1 is gone";
    for (String more :
        new String[] {
          "\n\tSuppressed: dev.hindsight.error.UserException: no",
          "\nCaused by: dev.hindsight.error.UserException: no"
        }) {
      SparkException failure = failure(thrown + TRACE + more);
      assertThatCode(() -> Failures.requireWorkers(failure)).doesNotThrowAnyException();
      assertThatThrownBy(
              () ->
                  Failures.outcome(
                      "it looked",
                      () -> {
                        throw failure;
                      }))
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining("worker 1 is gone");
    }
  }

  @Test
  void outsideATrainingABackendThatFailsIsTold() {
    assertThatThrownBy(
            () ->
                Failures.outcome(
                    "it drew",
                    () -> {
                      throw failure(TASK + "dev.hindsight.backend.BackendException: cuda: wanted");
                    }))
        .isInstanceOf(BackendException.class)
        .hasMessage("cuda: wanted");
  }
}
