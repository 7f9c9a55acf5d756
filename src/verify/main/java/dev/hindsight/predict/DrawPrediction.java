package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.draw.DrawingLoop;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.OutputHead;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.catalogue.Call;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.predict.Prediction.Op;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Predicts how long one cooperative launch draws images. Drawing is in fp32, whatever a step is
/// in.
public final class DrawPrediction {
  private final GpuRates gpu;
  private final MachineCode code;
  private final List<Op> ops = new ArrayList<>();

  private DrawPrediction(GpuRates gpu) {
    this.gpu = gpu;
    this.code = MachineCode.shipped(gpu.architecture());
  }

  /// Counts each phase of the drawing on the software GPU, and adds up.
  ///
  /// @param model its name, with `preset` for people
  /// @param config the model's sizes
  /// @throws UserException where the model is not drawn in one cooperative launch on this GPU
  public static Prediction of(
      String model, String preset, ModelConfig config, int images, GpuRates gpu) {
    try (Backend counting = Backends.openSoftwareGpu(StepPrediction.sampling(gpu), Precision.FP32);
        AutoregressiveModel fresh = config.create(counting, RandomKey.of(0));
        Scope scope = counting.open("whole images")) {
      if (!(fresh instanceof SampledModel own) || !own.drawsAtOnce(counting, images)) {
        throw new UserException(
            "no kernel draws whole images of %s of this size on %s: it is drawn launch by launch,"
                    .formatted(model, gpu.name())
                + " which is not predicted; leave --draw out for a training step");
      }
      var all = new DrawPrediction(gpu);
      Backends.takeCounts();
      Asked asked = asked(counting, scope, own, images);
      for (KernelCounts ahead : Backends.takeCounts()) { // what a model multiplies out once
        all.add("before: " + ahead.kernel(), 1, ahead, 0, gpu.waits().node());
      }
      var counter = new PhaseCounter(counting, scope, asked, images);
      switch (asked.loop()) {
        case PixelLoop loop -> all.add(loop, asked.head(), counter);
        case LstmLoop loop -> all.add(loop, own.shape().pixels(), counter);
        case MadeLoop _ ->
            throw new UserException(
                "%s is drawn by blocks that mostly wait within themselves, which is not predicted;"
                        .formatted(model)
                    + " leave --draw out for a training step");
      }
      String what =
          "drawing %d image%s of %s by %s (%s) in one launch"
              .formatted(images, images == 1 ? "" : "s", config.shape(), model, preset);
      return new Prediction(what, images, Precision.FP32, gpu, all.ops);
    }
  }

  /// What a model asks of a backend to draw whole images by.
  ///
  /// @param head of a [PixelLoop]
  record Asked(DrawingLoop loop, @Nullable OutputHead head) {}

  /// It is noted and not done. All else is done.
  static Asked asked(Backend backend, Scope scope, SampledModel model, int images) {
    List<Asked> asked = new ArrayList<>();
    Sampling sampling =
        proxy(
            Sampling.class,
            (_, method, given) -> {
              if (given != null && given[0] instanceof DrawingLoop loop && isVoid(method)) {
                asked.add(new Asked(loop, given[1] instanceof OutputHead head ? head : null));
                return null;
              }
              return Call.invoke(method, backend.sampling(), given);
            });
    Backend asking =
        proxy(
            Backend.class,
            (_, method, given) ->
                method.getName().equals("sampling")
                    ? sampling
                    : Call.invoke(method, backend, given));
    Tensor pixels = scope.floats(images, model.shape().values());
    model.drawAtOnce(asking, scope, new WholeImages(scope.ints(Draw.SIZE), 1, 0, pixels, pixels));
    return asked.getFirst();
  }

  private static boolean isVoid(Method method) {
    return method.getReturnType() == void.class;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /// Each phase takes what limits it, as a launch of its own that starts by a barrier. Its weights
  /// come from L2 where all that the loop reads and writes fits there, else from memory.
  private void add(PixelLoop loop, @Nullable OutputHead head, PhaseCounter counter) {
    List<KernelCounts> counts = counter.of(loop);
    int pixels = loop.shape().pixels();
    long all =
        loop.phases().stream()
            .flatMap(DrawPrediction::tensors)
            .distinct()
            .mapToLong(Tensor::bytes)
            .sum();
    for (int n = 0; n < counts.size(); n++) {
      Phase phase = loop.phases().get(n);
      int times = // the first draw has no logit and the last no pixel after it: together they are
          // one
          phase.when() == PixelLoop.When.ROW ? loop.shape().height() - 1 : pixels;
      long bytes = tensors(phase).distinct().mapToLong(Tensor::bytes).sum();
      long memory = all > gpu.l2().bytes() ? bytes : 0;
      boolean apart = phase.when() == PixelLoop.When.DRAW && head != null && !head.isLogit();
      double start =
          (apart ? 2 : 1) * gpu.waits().gridBarrier(); // the last layer is a phase of its own
      add(label(phase), times, counts.get(n), memory, start);
    }
  }

  /// One launch of a pixel has two products, since the last pixel's logit follows from one more.
  private void add(LstmLoop loop, int pixels, PhaseCounter counter) {
    KernelCounts one = counter.launch(loop, 1);
    KernelCounts step = CountSum.difference(one, counter.launch(loop, 2));
    KernelCounts rest = CountSum.difference(step, one);
    add("weights onto the chip, the last logit", 1, rest, loop.wh().bytes(), gpu.waits().node());
    String label = "pixel: cells " + loop.wh().shape();
    add(label, pixels, step, 0, gpu.waits().gridBarrier());
  }

  private void add(String label, int times, KernelCounts counts, long memory, double start) {
    LaunchTime time = LaunchTime.of(gpu, code.of(counts.kernel()), counts, memory);
    ops.add(new Op(label, times, Collections.nCopies(times, time.startingIn(start))));
  }

  /// `pixel: product (640, 320), logit (1, 320)`: its steps, each with the largest tensor.
  static String label(Phase phase) {
    return phase.when().name().toLowerCase(Locale.ROOT)
        + ": "
        + phase.steps().stream()
            .map(
                step ->
                    step.getClass().getSimpleName().toLowerCase(Locale.ROOT)
                        + tensors(step)
                            .filter(tensor -> tensor.shape().rank() == 2)
                            .max((x, y) -> Long.compare(x.size(), y.size()))
                            .map(tensor -> " " + tensor.shape())
                            .orElse(""))
            .distinct()
            .collect(Collectors.joining(", "));
  }

  /// The tensors of a record, and of the records and lists in it.
  private static Stream<Tensor> tensors(@Nullable Object part) {
    return switch (part) {
      case Tensor tensor -> Stream.of(tensor);
      case List<?> list -> list.stream().flatMap(DrawPrediction::tensors);
      case Record whole ->
          Arrays.stream(whole.getClass().getRecordComponents())
              .flatMap(c -> tensors(Call.invoke(c.getAccessor(), whole)));
      case null, default -> Stream.of();
    };
  }
}
