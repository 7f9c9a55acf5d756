package dev.hindsight.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  record Config(String model, int seed, double lr) {}

  @Test
  void writesRecordsAndMaps(@TempDir Path folder) throws IOException {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("config", new Config("made", 1, 3e-4));
    assertThat(Json.line(map))
        .isEqualTo("{\"config\":{\"model\":\"made\",\"seed\":1,\"lr\":3.0E-4}}");
    Path file = Files.writeString(folder.resolve("config.json"), Json.pretty(map));
    assertThat(Json.read(file).path("config").path("lr").doubleValue()).isEqualTo(3e-4);
    assertThat(Json.pretty(map)).endsWith("}\n").contains("\n  ");
  }

  record Numbers(double a, float b, Double c, Object d, List<Object> e) {}

  /// Jackson would write `"NaN"`, a string.
  @Test
  void whatIsNotFiniteIsNullAndNeverAString() {
    double[] array = {1, Double.NaN};
    Numbers numbers =
        new Numbers(
            Double.NaN,
            Float.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            array,
            List.of(Float.NaN, "NaN", 2, 0.5f));
    String text = "{\"a\":null,\"b\":null,\"c\":null,\"d\":[1.0,null],\"e\":[null,\"NaN\",2,0.5]}";
    assertThat(Json.line(numbers)).isEqualTo(text);
    assertThat(Json.pretty(numbers).replaceAll("\\s", "")).isEqualTo(text);
  }

  @Test
  void refusesWhatIsNotStrict(@TempDir Path folder) throws IOException {
    for (String bad : new String[] {"", " ", "{", "{} {}", "{\"a\":1,\"a\":2}", "{a:1}", "NaN"}) {
      assertThatExceptionOfType(FormatException.class)
          .as(bad)
          .isThrownBy(() -> Json.parse("here", bad))
          .withMessageStartingWith("here: not JSON (")
          .withMessageNotContaining("\n");
    }
    Path file = Files.write(folder.resolve("x.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> Json.read(file))
        .withMessageContaining("not UTF-8");
    assertThatExceptionOfType(FormatException.class)
        .isThrownBy(() -> Json.read(folder.resolve("none")))
        .withMessageContaining("no such file");
  }
}
