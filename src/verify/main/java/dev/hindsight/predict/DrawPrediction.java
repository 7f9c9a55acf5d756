package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.predict.StepListing.Event;
import dev.hindsight.predict.StepPrediction.Op;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/// How long drawing images in one cooperative launch would take on a GPU that nobody needs to have:
/// a prediction. Drawing is in fp32, whatever a step is in.
///
/// @param model its name, with `preset` for people
/// @param images of the launch
/// @param before what is done once, ahead of it
/// @param phases in their order
public record DrawPrediction(
    String model, String preset, int images, GpuRates gpu, List<Op> before, List<Phase> phases) {
  /// What lies between two barriers over the grid.
  ///
  /// @param times of a drawing
  /// @param barriers of a drawing that follow it
  /// @param launch once, as a launch of its own
  public record Phase(String label, int times, int barriers, LaunchTime launch) {
    /// Microseconds of a drawing that it works.
    public double work() {
      return times * launch.work();
    }

    /// Microseconds of a drawing that the grid waits for itself behind it.
    public double waiting() {
      return barriers * GpuRates.GRID_BARRIER;
    }

    public double microseconds() {
      return work() + waiting();
    }
  }

  /// Predicts a drawing.
  ///
  /// @param config the model's sizes
  /// @throws NotPredictedException where the model is not drawn in one cooperative launch on this
  ///   GPU
  public static DrawPrediction of(
      String model, String preset, ModelConfig config, int images, GpuRates gpu) {
    try (Backend counting = Backends.openSoftwareGpu(StepPrediction.sampling(gpu), Precision.FP32);
        AutoregressiveModel fresh = config.create(counting, RandomKey.of(0));
        Scope scope = counting.open("whole images")) {
      if (!(fresh instanceof SampledModel own) || !own.drawsAtOnce(counting, images)) {
        throw new NotPredictedException(
            "no kernel draws whole images of %s of this size on %s: it is drawn launch by launch,"
                    .formatted(model, gpu.name())
                + " which is not predicted; leave --draw out for a training step");
      }
      var counter = new PhaseCounter(counting, scope, images);
      List<Phase> phases =
          switch (AskedDrawing.of(counting, scope, own, blank(scope, images))) {
            case PixelLoop loop -> phases(gpu, loop, counter.of(loop));
            case LstmLoop loop -> phases(gpu, loop, counter);
            case MadeLoop _ ->
                throw new NotPredictedException(
                    "%s is drawn by blocks that mostly wait within themselves, which is not predicted;"
                            .formatted(model)
                        + " leave --draw out for a training step");
          };
      return new DrawPrediction(
          model, preset, images, gpu, before(config, images, gpu, counting), phases);
    }
  }

  private static WholeImages blank(Scope scope, int images) {
    return new WholeImages(
        scope.floats(Draw.SIZE),
        1,
        0,
        scope.floats(images, AutoregressiveModel.PIXELS),
        scope.floats(images, AutoregressiveModel.PIXELS));
  }

  private static List<Phase> phases(GpuRates gpu, PixelLoop loop, List<KernelCounts> counts) {
    int pixels = AutoregressiveModel.PIXELS;
    var cache = new CacheModel(gpu.l2Bytes());
    int[] barriers = new int[counts.size()];
    long[] memory = new long[counts.size()];
    for (int p = 0; p <= pixels; p++) {
      for (int n = 0; n < counts.size(); n++) {
        var phase = loop.phases().get(n);
        if (due(phase.when(), p, loop.side())) {
          barriers[n]++;
          memory[n] += cache.run(PhaseTouches.of(phase, p));
        }
      }
    }
    List<Phase> found = new ArrayList<>();
    for (int n = 0; n < counts.size(); n++) {
      // The first draw has no logit and the last no pixel after it: together they are one.
      int times = Math.min(barriers[n], pixels);
      found.add(
          new Phase(
              PhaseLabel.of(loop.phases().get(n)),
              times,
              barriers[n],
              time(gpu, counts.get(n), memory[n] / times)));
    }
    return found;
  }

  /// As `pixel_sample.cu` has it.
  private static boolean due(When when, int pixel, int side) {
    boolean left = pixel < AutoregressiveModel.PIXELS;
    return switch (when) {
      case DRAW -> true;
      case ROW, BACK -> left && pixel > 0 && pixel % side == 0;
      case PIXEL -> left;
    };
  }

  /// One launch of a pixel has two products, since the last pixel's logit follows from one more.
  private static List<Phase> phases(GpuRates gpu, LstmLoop loop, PhaseCounter counter) {
    int pixels = AutoregressiveModel.PIXELS;
    KernelCounts one = counter.launch(loop, 1);
    KernelCounts step = CountSum.difference(one, counter.launch(loop, 2));
    KernelCounts rest = CountSum.difference(step, one);
    long weights = loop.wh().bytes();
    String label = "%d x %d, cells, logit, draw".formatted(4 * loop.hidden(), loop.hidden());
    return List.of(
        new Phase("once: weights onto the chip, the last logit", 1, 0, time(gpu, rest, weights)),
        new Phase("step: " + label, pixels, pixels, time(gpu, step, 0)));
  }

  private static LaunchTime time(GpuRates gpu, KernelCounts counts, long memoryBytes) {
    var code = MachineCode.shipped(gpu.architecture()).of(counts.kernel());
    return LaunchTime.of(gpu, code, counts, memoryBytes);
  }

  /// All that a model does ahead of the launch.
  private static List<Op> before(ModelConfig config, int images, GpuRates gpu, Backend counting) {
    var listing = new StepListing(Precision.FP32);
    try (AutoregressiveModel fresh = config.create(listing.backend(), RandomKey.of(0));
        Scope scope = listing.backend().open("whole images")) {
      WholeImages blank = blank(scope, images);
      listing.take();
      var model = (SampledModel) fresh;
      AskedDrawing.of(listing.backend(), counting.sampling(), scope, model, blank);
      Operand flat = Operand.of(fresh.parameters().flat().value());
      List<Operand> held = new ArrayList<>();
      var walk = new StepWalk(gpu, new OpCounter(counting), List.of(), List.of());
      List<Event> events = listing.take();
      for (Event event : events) {
        if (event instanceof Event.Op(OpCall call)) {
          call.operands().stream().filter(operand -> operand.within(flat)).forEach(held::add);
        }
      }
      walk.begin(held);
      events.forEach(walk::take);
      return walk.ops();
    }
  }

  /// Microseconds of the drawing, with all that comes before.
  public double microseconds() {
    return aheadMicroseconds() + phases.stream().mapToDouble(Phase::microseconds).sum();
  }

  /// Microseconds before the first pixel: the start of the launch, too.
  public double aheadMicroseconds() {
    return GpuRates.LAUNCH + before.stream().mapToDouble(Op::microseconds).sum();
  }

  double work() {
    return phases.stream().mapToDouble(Phase::work).sum();
  }

  double waiting() {
    return phases.stream().mapToDouble(Phase::waiting).sum();
  }

  int barriers() {
    return phases.stream().mapToInt(Phase::barriers).sum();
  }

  /// Microseconds of a drawing, for a pixel of all its images.
  static double aPixel(double microseconds) {
    return microseconds / AutoregressiveModel.PIXELS;
  }
}
