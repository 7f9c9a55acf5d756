package dev.hindsight.backend.cuda.lstm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LstmScheduleTest {
  /// What counts of both ways on the software GPU told, of an H100, an A100 and an RTX 4090, and
  /// blocks of eight units, or ten of an A100. Where both are close, one launch it is.
  @ParameterizedTest
  @CsvSource({
    "132, 90, 8, 64, 1024, true, false",
    "132, 90, 8, 16, 1024, false, false",
    "132, 90, 8, 1, 1024, false, false",
    "132, 90, 8, 64, 128, true, true",
    "108, 80, 10, 64, 1024, true, false",
    "128, 89, 8, 64, 256, true, false"
  })
  void theFasterWayIsTaken(
      int multiprocessors,
      int capability,
      int units,
      int batch,
      int hidden,
      boolean forward,
      boolean backward) {
    var way = new LstmSchedule(new LaunchGeometry(multiprocessors), multiprocessors, capability);
    assertThat(way.together(units, batch, hidden, false)).as("forward").isEqualTo(forward);
    assertThat(way.together(units, batch, hidden, true)).as("backward").isEqualTo(backward);
  }
}
