package dev.hindsight.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// Tests that look at a small run, which is trained once for all of a class.
abstract class TrainedRun {
  @TempDir static Path shared; // has the folders run and data
  @TempDir Path temp;

  static Path trained = Path.of("");

  @BeforeAll
  static void train() throws IOException {
    trained = TinyRun.train(shared);
  }
}
