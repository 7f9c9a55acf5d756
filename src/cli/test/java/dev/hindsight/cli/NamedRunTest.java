package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedRunTest {
  @TempDir private Path temp;

  @Test
  void isTheNewestOfItsNameUnlessThereIsAFolder() throws IOException {
    for (String name : new String[] {"made-20261128-235959", "made-20261129-000000"}) {
      Files.createDirectory(temp.resolve(name));
    }
    Files.createDirectory(temp.resolve("made-99991231-000000-of-mine"));
    Files.createDirectory(temp.resolve("made-bigger"));
    Path newest = temp.resolve("made-20261129-000000");
    assertFound("made", newest, "run " + newest + System.lineSeparator());
    assertFound("mad", temp.resolve("mad"), "");
    Files.createDirectory(temp.resolve("made"));
    assertFound("made", temp.resolve("made"), "");
    assertFound("none/made", temp.resolve("none/made"), "");
  }

  private void assertFound(String name, Path folder, String printed) {
    var notices = new StringWriter();
    assertThat(NamedRun.find(temp.resolve(name), new PrintWriter(notices))).isEqualTo(folder);
    assertThat(notices.toString()).isEqualTo(printed);
  }
}
