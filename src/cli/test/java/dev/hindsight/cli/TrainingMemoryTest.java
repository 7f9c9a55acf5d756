package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Dataset;
import dev.hindsight.testing.IdxBytes;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `compare` trains seven models in one process.
@Tag("slow")
class TrainingMemoryTest {
  /// What the JVM counts after a full collection.
  private static int liveSets() throws Exception {
    Object[] all = {new String[0]};
    String[] types = {String[].class.getName()};
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    all,
                    types);
    assertThat(histogram).contains("java.lang.String");
    String name = Pattern.quote(Dataset.class.getName());
    Matcher row = Pattern.compile("(\\d+) +\\d+ +" + name + "(\\s|$)").matcher(histogram);
    return row.find() ? Integer.parseInt(row.group(1)) : 0;
  }

  @Test
  void aRunThatEndedLeavesNoData(@TempDir Path temp) throws Exception {
    Path data = IdxBytes.folder(temp.resolve("data"), 8, 4);
    int before = liveSets();
    for (String name : new String[] {"a", "b"}) {
      String line = "train made --backend cpu --hidden 8 --epochs 1 --batch 4 --data %s --run %s";
      Cli.here(line, data, temp.resolve(name)).ok();
    }
    assertThat(liveSets()).isEqualTo(before);
  }
}
