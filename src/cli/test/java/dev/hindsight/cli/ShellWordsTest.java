package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShellWordsTest {
  @Test
  void plainWordsStayPlain() {
    assertThat(ShellWords.join(List.of("train", "made", "--run", "runs/made-1", "--lr=2e-3")))
        .isEqualTo("train made --run runs/made-1 --lr=2e-3");
  }

  /// A shell gives back each word as it was.
  @Test
  void otherWordsComeThroughAShell() throws Exception {
    List<String> words =
        List.of("my runs/a", "", "it's", "$HOME", "a;rm -rf x", "*", "~", "\"q\"", "\\", "ü");
    Process shell =
        new ProcessBuilder("sh", "-c", "printf '<%s>' " + ShellWords.join(words)).start();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(out).isEqualTo("<" + String.join("><", words) + ">");
  }
}
