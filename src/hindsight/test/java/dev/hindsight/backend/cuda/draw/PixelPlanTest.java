package dev.hindsight.backend.cuda.draw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.OutputHead.Channels;
import dev.hindsight.backend.draw.OutputHead.Distribution;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Embedding;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.image.ImageShape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What [PixelPlan] writes, read back by the structs that `pixel_sample.cuh` and `pixel_values.cuh`
/// have.
class PixelPlanTest {
  private static final String KERNEL = source("pixel_sample") + source("pixel_values");
  private static final Backend CPU = Backends.open("cpu");
  private static final Scope SCOPE = CPU.open("plan");
  private static final int IMAGES = 3;
  private static final int SIDE = 28;

  @AfterAll
  static void close() {
    SCOPE.close();
    CPU.close();
  }

  private static String source(String name) {
    try (InputStream in =
        PixelPlanTest.class.getResourceAsStream("/dev/hindsight/kernels/draw/" + name + ".cuh")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
          .replaceAll("//[^\n]*", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String braces(String kind, String name) {
    Matcher found =
        Pattern.compile(kind + " " + name + " \\{(.*?)\\}", Pattern.DOTALL).matcher(KERNEL);
    assertThat(found.find()).as("%s %s of the kernel", kind, name).isTrue();
    return found.group(1).replaceAll("(?s)__device__.*", "");
  }

  /// Number of a constant of an enum.
  private static long number(String name, String constant) {
    return Arrays.asList(braces("enum", name).trim().split(",\\s*")).indexOf(constant);
  }

  /// Names of a struct in order, those of pointers behind a star.
  private static List<String> names(String struct) {
    return Arrays.stream(braces("struct", struct).trim().split(";"))
        .map(field -> field.trim().replaceFirst("(const )?(float|int)\\s*", ""))
        .flatMap(names -> Arrays.stream(names.split(",")))
        .map(name -> name.replaceAll("\\s", ""))
        .filter(name -> !name.isEmpty())
        .toList();
  }

  private static int words(String struct) {
    return names(struct).stream().mapToInt(name -> name.startsWith("*") ? 2 : 1).sum();
  }

  /// The struct `index` of an array that begins at a byte.
  private static Map<String, Long> read(PixelPlan plan, long at, String struct, int index) {
    int[] words = plan.words();
    int next = Math.toIntExact(at / Integer.BYTES) + index * words(struct);
    Map<String, Long> fields = new LinkedHashMap<>();
    for (String name : names(struct)) {
      long low = words[next++];
      if (name.startsWith("*")) {
        long high = words[next++];
        fields.put(name.substring(1), (low & 0xffffffffL) | (high << Integer.SIZE));
      } else {
        fields.put(name, low);
      }
    }
    return fields;
  }

  private static Tensor tensor(int... dims) {
    return SCOPE.floats(dims);
  }

  private static PixelPlan plan(When when, Step... steps) {
    var loop = new PixelLoop(List.of(new Phase(when, List.of(steps))), new ImageShape(SIDE, SIDE));
    var logit = new OutputHead(Distribution.BERNOULLI, 0, null, 1, 0, tensor(IMAGES, 1));
    return new PixelPlan(loop, logit, IMAGES, 4);
  }

  /// @param want `name=number` of each
  private static void assertNumbers(Map<String, Long> fields, String want) {
    for (String field : want.split(" ", -1)) {
      String[] pair = field.split("=", -1);
      assertThat(fields).containsEntry(pair[0], Long.parseLong(pair[1]));
    }
  }

  /// @param names each of a tensor in turn
  private static void assertPointers(
      Map<String, Long> fields, String names, @Nullable Tensor... want) {
    String[] split = names.split(" ", -1);
    for (int n = 0; n < split.length; n++) {
      Tensor tensor = want[n];
      assertThat(fields).containsEntry(split[n], tensor == null ? 0 : tensor.address());
    }
  }

  @Test
  void aProductOfARow() {
    Tensor w = tensor(6, 5);
    Tensor x = tensor(7, IMAGES, 5);
    Tensor plus = tensor(IMAGES, 5);
    Tensor keep = tensor(11, IMAGES, 5);
    Norm norm = new Norm(tensor(5), tensor(5));
    Term first = new Term(w, x, 30, -2, false, new Input(null, norm, true, plus, keep));
    List<Term> terms = List.of(first, Term.past(w, x, 4));
    Tensor b = tensor(6);
    Tensor add = tensor(13, IMAGES, 6);
    Tensor y = tensor(56, IMAGES, 6);
    PixelPlan plan = plan(When.ROW, new Product(Span.ROW_ABOVE, terms, b, add, Finish.RELU, y));
    assertNumbers(
        read(plan, 0, "Phase", 0), "when=%d step=0 steps=1".formatted(number("When", "ROW")));
    Map<String, Long> step = read(plan, plan.stepsAt(), "Step", 0);
    assertPointers(step, "bias add y keys values next position", b, add, y, null, null, null, null);
    assertNumbers(step, "kind=%d".formatted(number("Kind", "PRODUCT")));
    assertNumbers(step, "finish=%d".formatted(number("Finish", "POSITIVE")));
    assertNumbers(step, "outputs=6 wide=0 term=0 terms=2 add_slots=13 slots=56");
    assertNumbers(step, "positions=28 shift=-28 units=0 next_wide=0");
    long across = Objects.requireNonNull(step.get("across"));
    long groups = Objects.requireNonNull(step.get("groups"));
    assertNumbers(step, "tiles=%d".formatted(across * groups * SIDE));
    assertNumbers(read(plan, 0, "Phase", 0), "tiles=%d".formatted(across * groups * SIDE));
    Map<String, Long> term = read(plan, plan.termsAt(), "Term", 0);
    assertPointers(term, "w x gain shift plus keep", w, x, norm.gain(), norm.bias(), plus, keep);
    assertPointers(term, "parts lead sum", null, null, null);
    assertNumbers(term, "inputs=5 slots=7 back=30 right=-2 kept=11 positive=1 wraps=0 count=0");
    Map<String, Long> past = read(plan, plan.termsAt(), "Term", 1);
    assertPointers(past, "w x gain keep", w, x, null, null);
    assertNumbers(past, "back=4 right=0 kept=0 positive=0 wraps=1");
    assertThat(plan.stepsAt()).isEqualTo((long) words("Phase") * Integer.BYTES);
    assertThat(plan.termsAt() - plan.stepsAt()).isEqualTo((long) words("Step") * Integer.BYTES);
    assertThat(plan.headAt() - plan.termsAt()).isEqualTo(2L * words("Term") * Integer.BYTES);
  }

  @Test
  void aLogitAndTheFirstLayerBehindIt() {
    Tensor y = tensor(2, IMAGES, 8);
    Tensor table = tensor(2, 8);
    Tensor position = tensor(SIDE * SIDE, 8);
    List<Term> places = List.of(Term.past(tensor(8, 3), y, 1));
    Tensor b = tensor(1);
    var embedding = new Embedding(position, table);
    var first = new First(Reads.PLACES, Span.PIXEL, places, null, embedding, Finish.GELU, y);
    PixelPlan plan = plan(When.DRAW, new Logit(List.of(Term.now(tensor(1, 8), y)), b, first));
    Map<String, Long> logit = read(plan, plan.stepsAt(), "Step", 0);
    assertPointers(logit, "bias", b);
    assertNumbers(logit, "kind=%d outputs=1 wide=1 shift=-1".formatted(number("Kind", "LOGIT")));
    Map<String, Long> layer = read(plan, plan.stepsAt(), "Step", 1);
    assertPointers(layer, "bias add y position", null, table, y, position);
    assertNumbers(layer, "kind=%d".formatted(number("Kind", "PLACES")));
    assertNumbers(layer, "finish=%d".formatted(number("Finish", "SMOOTH")));
    assertNumbers(layer, "outputs=8 add_slots=2 term=1 terms=1 positions=1 shift=0");
  }

  /// Those of a product lie behind each other; those of all images have no pitch.
  @Test
  void biasesOfEachImage() {
    Tensor y = tensor(2, IMAGES, 8);
    List<Term> terms = List.of(Term.now(tensor(8, 8), y));
    Tensor b = tensor(IMAGES, 8);
    Tensor start = tensor(IMAGES, 8);
    var embedding = new Embedding(tensor(SIDE * SIDE, 8), tensor(2, 8), start);
    PixelPlan plan =
        plan(
            When.PIXEL,
            new Product(Span.PIXEL, terms, b, null, Finish.PLAIN, y),
            new Product(Span.PIXEL, terms, tensor(8), null, Finish.PLAIN, y),
            new First(Reads.TAPS, Span.PIXEL, List.of(), b, embedding, Finish.PLAIN, y));
    assertThat(plan.ofImages()).isTrue();
    assertNumbers(read(plan, plan.stepsAt(), "Step", 0), "bias_pitch=8");
    assertNumbers(read(plan, plan.stepsAt(), "Step", 1), "bias_pitch=0");
    Map<String, Long> first = read(plan, plan.stepsAt(), "Step", 2);
    assertNumbers(first, "bias_pitch=8");
    assertPointers(first, "bias next", b, start);
    var alone = new First(Reads.TAPS, Span.PIXEL, List.of(), null, embedding, Finish.PLAIN, y);
    assertThat(plan(When.PIXEL, alone).ofImages()).isTrue();
    Step all = new Product(Span.PIXEL, terms, tensor(8), null, Finish.PLAIN, y);
    assertThat(plan(When.PIXEL, all).ofImages()).isFalse();
  }

  /// The last layer is a phase of its own, and a pixel is drawn from what it made.
  @ParameterizedTest
  @EnumSource
  void aPixelOfThreeChannels(Distribution distribution) {
    Tensor x = tensor(1, IMAGES, 8);
    Tensor w = tensor(15, 8);
    Tensor b = tensor(15);
    List<Term> taps = List.of(Term.past(tensor(8, 3), x, 1));
    var first = new First(Reads.TAPS, Span.PIXEL, taps, null, null, Finish.PLAIN, x);
    Phase draw = new Phase(When.DRAW, List.of(new Logit(List.of(Term.now(w, x)), b, first)));
    var channels = new Channels(tensor(15, 3), tensor(15), tensor(18, 15), tensor(18));
    Tensor last = tensor(IMAGES, 15);
    var head = new OutputHead(distribution, 7, channels, 0.4f, -1, last);
    var shape = new ImageShape(SIDE, SIDE, 3, 8);
    PixelPlan plan = new PixelPlan(new PixelLoop(List.of(draw), shape), head, IMAGES, 4);
    assertThat(plan.phaseCount()).isEqualTo(2);
    Map<String, Long> drawing = read(plan, plan.stepsAt(), "Step", 0);
    assertNumbers(drawing, "kind=%d terms=0 shift=-1".formatted(number("Kind", "LOGIT")));
    assertNumbers(read(plan, plan.stepsAt(), "Step", 1), "term=0 terms=1 outputs=8");
    assertNumbers(
        read(plan, 0, "Phase", 1), "when=%d step=2 steps=1".formatted(number("When", "PIXEL")));
    Map<String, Long> layer = read(plan, plan.stepsAt(), "Step", 2);
    assertPointers(layer, "bias add y", b, null, last);
    assertNumbers(layer, "kind=%d outputs=15 slots=1".formatted(number("Kind", "PRODUCT")));
    Map<String, Long> read = read(plan, plan.headAt(), "Head", 0);
    assertPointers(
        read,
        "last hidden lead weights bias",
        last,
        channels.hidden(),
        channels.lead(),
        channels.weights(),
        channels.bias());
    assertNumbers(read, "distribution=%d".formatted(number("Distribution", distribution.name())));
    assertNumbers(read, "channels=3 levels=8 components=7 features=15 units=5 each=6 outputs=18");
    assertNumbers(read, "warps=1 wide=0 scale=%d".formatted(Float.floatToIntBits(0.4f)));
    assertNumbers(read, "shift=%d".formatted(Float.floatToIntBits(-1)));
    long end = plan.headAt() + (long) words("Head") * Integer.BYTES;
    assertThat((long) plan.words().length * Integer.BYTES).isEqualTo(end);
  }

  @Test
  void attentionBehindALayerInParts() {
    Tensor keys = tensor(IMAGES, 9, 8);
    Tensor values = tensor(IMAGES, 9, 8);
    Tensor projection = tensor(8, 8);
    Tensor y = tensor(2, IMAGES, 8);
    var rest = new Parts(tensor(8), tensor(5, IMAGES, 8), tensor(1, IMAGES, 8));
    var input = new Input(rest, new Norm(tensor(8), tensor(8)), false, null, null);
    Term qkv = Term.now(tensor(24, 8), y).of(tensor(1, IMAGES, 8), input);
    Tensor b = tensor(24);
    PixelPlan plan = plan(When.PIXEL, new Attend(qkv, b, keys, values, projection, y));
    assertThat(plan.attends()).isTrue();
    Map<String, Long> step = read(plan, plan.stepsAt(), "Step", 0);
    assertPointers(step, "bias y keys values next", b, y, keys, values, projection);
    assertNumbers(step, "kind=%d outputs=24".formatted(number("Kind", "ATTEND")));
    assertNumbers(step, "slots=9 across=2 units=4 next_wide=1");
    Map<String, Long> term = read(plan, plan.termsAt(), "Term", 0);
    assertPointers(term, "parts lead sum", rest.parts(), rest.b(), rest.sum());
    assertNumbers(term, "count=5");
  }
}
