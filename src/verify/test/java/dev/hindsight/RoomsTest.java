package dev.hindsight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.ops.Ops;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// One family, one stem: whoever searches for an op's name finds its kernel, its interface, its
/// class in each backend, its checks and its rows in the catalogue, and calls it by that name.
class RoomsTest {
  private static final String DRAWS =
      "draws whole images where a GPU can hold a model; the samplers ask for it and compare";

  /// Rooms that a family has no use for, and why.
  private static final Map<String, String> EXCEPTIONS =
      Map.ofEntries(
          Map.entry("ops.AdamOps", "the optimiser comes after the tape; train.Adam calls it"),
          Map.entry("ops.MuonOps", "as ops.AdamOps; train.Muon calls it"),
          Map.entry("ops.EmaOps", "what is averaged has no gradient; train.WeightAverage calls it"),
          Map.entry("ops.BernoulliOps", "a draw has no gradient; the samplers call it"),
          Map.entry("ops.CategoricalOps", "as ops.BernoulliOps"),
          Map.entry("backend.Sampling", "backend.draw has it, with what models describe"),
          Map.entry("backend.cpu.CpuSampling", DRAWS),
          Map.entry("backend.nd4j.Nd4jSampling", DRAWS),
          Map.entry("ops.SamplingOps", DRAWS),
          Map.entry("catalogue.SamplingCases", DRAWS),
          Map.entry("kernels/sampling.cu", "made_sample.cu, lstm_sample.cu, pixel_sample.cu, ..."),
          Map.entry("ptx/sampling.ptx", "theirs"),
          Map.entry("Ops.adam", "as above"),
          Map.entry("Ops.muon", "as above"),
          Map.entry("Ops.ema", "as above"),
          Map.entry("Ops.bernoulli", "as above"),
          Map.entry("Ops.categorical", "as above"),
          Map.entry("Ops.sampling", DRAWS),
          Map.entry("Ops.lstmCell", "rowLstm and diagonalBiLstm go through an image by it"),
          Map.entry("Ops.swapAxes", "timeMajor and batchMajor"));

  static Stream<String> stems() {
    return Families.interfaces().map(Class::getSimpleName);
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
            "kernels/" + snake(stem) + ".cu",
            "ptx/" + snake(stem) + ".ptx")
        .forEach(
            room ->
                assertThat(exists(room))
                    .as("%s, of the family %s, is there", room, stem)
                    .isEqualTo(!EXCEPTIONS.containsKey(room)));
  }

  @ParameterizedTest
  @MethodSource("stems")
  void aFamilyIsCalledByItsName(String stem) {
    String name = Character.toLowerCase(stem.charAt(0)) + stem.substring(1);
    assertThat(methods(Backend.class))
        .as("Backend has a method %s() for the family %s", name, stem)
        .contains(name);
    assertThat(methods(Ops.class).contains(name))
        .as("Ops has a method %s(…) for the family %s", name, stem)
        .isEqualTo(!EXCEPTIONS.containsKey("Ops." + name));
  }

  private static Set<String> methods(Class<?> type) {
    return Arrays.stream(type.getMethods()).map(Method::getName).collect(Collectors.toSet());
  }

  /// Rooms of the CPU's backend, in one of which each op of it is.
  private static final List<String> CPU =
      List.of("linear", "conv", "attention", "lstm", "pointwise");

  private static boolean exists(String room) {
    if (room.startsWith("backend.cpu.Cpu")) {
      String op = room.substring(room.lastIndexOf('.') + 1);
      return CPU.stream().anyMatch(in -> found("backend.cpu." + in + "." + op));
    }
    return found(room);
  }

  private static boolean found(String room) {
    String path = room.contains("/") ? room : room.replace('.', '/') + ".class";
    return RoomsTest.class.getResource(path) != null;
  }

  /// `causal_conv1d` of `CausalConv1d`.
  private static String snake(String stem) {
    return stem.replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
