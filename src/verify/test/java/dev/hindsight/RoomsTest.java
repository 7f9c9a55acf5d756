package dev.hindsight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Families;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// One family, one stem: whoever searches for an op's name finds its kernel, its interface, its
/// class in each backend, its checks and its rows in the catalogue.
class RoomsTest {
  private static final String DRAWS =
      "draws whole images where a GPU can hold a model; the samplers ask for it and compare";

  /// Rooms that a family has no use for, and why.
  private static final Map<String, String> EXCEPTIONS =
      Map.ofEntries(
          Map.entry("ops.AdamOps", "the optimiser comes after the tape; train.Adam calls it"),
          Map.entry("ops.EmaOps", "what is averaged has no gradient; train.WeightAverage calls it"),
          Map.entry("ops.BernoulliOps", "a draw has no gradient; the samplers call it"),
          Map.entry("backend.Sampling", "backend.draw has it, with what models describe"),
          Map.entry("backend.cpu.CpuSampling", DRAWS),
          Map.entry("backend.nd4j.Nd4jSampling", DRAWS),
          Map.entry("ops.SamplingOps", DRAWS),
          Map.entry("catalogue.SamplingCases", DRAWS),
          Map.entry("kernels/sampling.cu", "made_sample.cu, lstm_sample.cu and pixel_sample.cu"));

  static Stream<String> stems() {
    return Arrays.stream(Families.class.getRecordComponents())
        .map(RecordComponent::getType)
        .map(Class::getSimpleName);
  }

  @ParameterizedTest
  @MethodSource("stems")
  void aFamilyHasAllItsRooms(String stem) {
    Stream.of(
            "backend." + stem,
            "backend.cpu.Cpu" + stem,
            "backend.cuda.Cuda" + stem,
            "backend.nd4j.Nd4j" + stem,
            "ops." + stem + "Ops",
            "catalogue." + stem + "Cases",
            "kernels/" + snake(stem) + ".cu")
        .forEach(
            room ->
                assertThat(exists(room))
                    .as("%s, of the family %s, is there", room, stem)
                    .isEqualTo(!EXCEPTIONS.containsKey(room)));
  }

  private static boolean exists(String room) {
    String path = room.contains("/") ? room : room.replace('.', '/') + ".class";
    return RoomsTest.class.getResource(path) != null;
  }

  /// `causal_conv1d` of `CausalConv1d`.
  private static String snake(String stem) {
    return stem.replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
