package dev.hindsight.softgpu.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Options;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The list in the docs is the driver's own. Where it is stale, the right one is left in `target`.
class FunctionListTest {
  private static final Path DOCS = Path.of("docs", "software-gpu-functions.md");

  /// What CUDA's runtime library asks first; its answer is a refusal that says why.
  private static final String OF_THE_RUNTIME = "cuGetProcAddress_v2";

  private static final Path RUNTIME = Path.of("cuda-build", "shim", "runtime.inc");
  private static final Pattern EXPORTED = Pattern.compile("FORWARD\\((\\w+)\\)");
  private static final Pattern FAMILY = Pattern.compile("^cu(GL|[A-Z][a-z]+)");

  @Test
  void docsListWhatIsAnswered() throws IOException {
    InstalledDriver driver = InstalledDriver.install(Options.standard());
    assertThat(driver.answered()).contains(OF_THE_RUNTIME);
    List<String> answered =
        driver.answered().stream().filter(name -> !name.equals(OF_THE_RUNTIME)).toList();
    String list = list(answered, driver.missing());
    Files.writeString(Path.of("target").resolve(DOCS.getFileName()), list);
    assertThat(Files.readString(DOCS)).isEqualTo(list);
    assertThat(Stream.concat(answered.stream(), driver.missing().stream()))
        .as("what JCuda's library wants, and programs of CUDA 13")
        .hasSize(352)
        .doesNotHaveDuplicates();
  }

  private static String list(List<String> answered, List<String> missing) throws IOException {
    Map<String, Integer> families = new TreeMap<>();
    Stream.concat(answered.stream(), missing.stream())
        .forEach(function -> families.merge(family(function), 1, Integer::sum));
    StringBuilder text = new StringBuilder();
    text.append("# Driver functions of the software GPU\n\n")
        .append("`libcuda.so.1` has ")
        .append(answered.size() + missing.size())
        .append(" functions: what JCuda 12.6.0 asks for, and of CUDA 13.\n")
        .append(answered.size())
        .append(" do their work, ")
        .append(missing.size())
        .append(" answer `CUDA_ERROR_NOT_SUPPORTED`.\n")
        .append("NVIDIA's own runtime library asks for `")
        .append(OF_THE_RUNTIME)
        .append("` as well, which one line refuses.\n")
        .append("Programs of nvcc get the software GPU's own.\n")
        .append("`FunctionListTest` compares this list with the driver.\n");
    for (String family : families.keySet()) {
      text.append("\n## ").append(family).append('\n');
      append(text, "Answered", names(family, answered));
      append(text, "Not supported", names(family, missing));
    }
    text.append("\n## CUDA's runtime library\n");
    append(text, "Answered", List.copyOf(runtime(answered)));
    return text.toString();
  }

  /// Those with a method of their own, and those that a function of the driver serves.
  private static Set<String> runtime(List<String> answered) throws IOException {
    Set<String> names = new TreeSet<>();
    for (Class<?> group :
        List.of(
            RuntimeArrayCalls.class,
            RuntimeDeviceCalls.class,
            RuntimeGraphCalls.class,
            RuntimeLaunchCalls.class,
            RuntimeMemoryCalls.class)) {
      for (Method method : group.getDeclaredMethods()) {
        if (method.getName().startsWith("cuda")) {
          names.add(method.getName());
          Calls.Shorter shorter = method.getAnnotation(Calls.Shorter.class);
          names.addAll(shorter == null ? List.of() : List.of(shorter.value()));
        }
      }
    }
    Set<String> ofTheDriver = new TreeSet<>(answered);
    answered.forEach(function -> ofTheDriver.add(Call.name(function)));
    Matcher exported = EXPORTED.matcher(Files.readString(RUNTIME));
    while (exported.find()) {
      String name = Call.name(exported.group(1));
      if (ofTheDriver.contains(RuntimeNames.ofTheDriver(name))) {
        names.add(name);
      }
    }
    return names;
  }

  private static void append(StringBuilder text, String kind, List<String> names) {
    if (!names.isEmpty()) {
      String line = "%s: %s".formatted(kind, String.join(" ", names));
      text.append('\n').append(line.replaceAll("(.{1,118})(?: |$)", "$1\n"));
    }
  }

  private static List<String> names(String family, List<String> functions) {
    return functions.stream().filter(function -> family(function).equals(family)).toList();
  }

  private static String family(String function) {
    Matcher matcher = FAMILY.matcher(function);
    assertThat(matcher.find()).as(function).isTrue();
    return matcher.group();
  }
}
