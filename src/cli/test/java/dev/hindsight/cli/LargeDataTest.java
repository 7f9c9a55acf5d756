package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.train.Metrics;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images that fit neither the heap nor an array.
@Tag("exhaustive")
class LargeDataTest {
  private static final int HEADER = 128;

  @TempDir private Path temp;

  /// Zeros, a file with holes that takes no room on the disk.
  private Path images(int count) throws IOException {
    String header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 64, 64), }".formatted(count);
    Path file = temp.resolve("large.npy");
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER - 10, 0});
      large.write(header.getBytes(StandardCharsets.US_ASCII));
      large.write(" ".repeat(HEADER - 10 - header.length()).getBytes(StandardCharsets.US_ASCII));
      large.setLength(HEADER + count * 4096L);
    }
    return file;
  }

  private ProcessBuilder train(Path data) {
    String line = "train made --backend cpu --hidden 4 --layers 1 --levels 2 --epochs 1";
    String more = " --batch 1000 --schedule constant --data %s --run %s";
    String[] words = Cli.words(line + more, data, temp.resolve("run"));
    List<String> flags = List.of("-Xmx512m", "-XX:TieredStopAtLevel=4"); // C1 takes half an hour
    return Cli.java(Main.class, flags, words);
  }

  @Test
  void aRunLearnsFromMoreThanItsMemoryHolds() throws Exception {
    Cli.run(train(images(600_000))).ok(); // 2.3 GiB
    assertThat(Metrics.read(temp.resolve("run/metrics.jsonl"))).isNotEmpty();
  }

  @Test
  void aFileThatBecomesShorterIsSaidInOneLine() throws Exception {
    Path data = images(600_000);
    Process process = train(data).redirectErrorStream(true).start();
    try (var said = process.inputReader(StandardCharsets.UTF_8);
        var file = new RandomAccessFile(data.toFile(), "rw")) {
      String line = said.readLine();
      while (line != null && !line.startsWith("epoch")) {
        line = said.readLine();
      }
      file.setLength(HEADER);
      assertThat(said.lines().filter(l -> l.startsWith("hindsight: "))) // then how to resume
          .startsWith(
              "hindsight: a file that was being read became shorter, or its disk failed; put it back and start again");
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }
}
