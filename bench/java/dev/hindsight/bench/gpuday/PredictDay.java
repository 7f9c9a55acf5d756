package dev.hindsight.bench.gpuday;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Precision;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.predict.CasePrediction;
import dev.hindsight.predict.DrawPrediction;
import dev.hindsight.predict.GpuRates;
import dev.hindsight.predict.NotPredictedException;
import dev.hindsight.predict.StepPrediction;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Preset;
import java.util.LinkedHashMap;
import java.util.Map;

/// Predicts what a day measures, in a process of its own, a line of JSON each: `PredictDay GPU
/// [software]`.
public final class PredictDay {
  private PredictDay() {}

  public static void main(String[] args) {
    GpuRates gpu = GpuRates.named(args[0]);
    Scale scale = args.length > 1 ? Scale.REHEARSAL : Scale.GPU;
    try {
      for (Precision precision : Precision.values()) {
        if (gpu.teraflops(precision) > 0) {
          CasePrediction.each(
              scale.ops(),
              precision,
              gpu,
              found ->
                  say(
                      opKey(found.opCase(), found.phase(), precision.label()),
                      found.firstMicroseconds(),
                      found.nextMicroseconds(),
                      found.limit()));
          if (!scale.software() || precision == Precision.BF16) { // a minute each there
            steps(scale, precision, gpu);
          }
        }
      }
      drawings(scale, gpu);
    } catch (UserException | BackendException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void steps(Scale scale, Precision precision, GpuRates gpu) {
    Dataset data = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    for (String preset : scale.presets()) {
      for (String model : BuiltInModel.labels()) {
        Preset of = BuiltInModel.labelled(model).preset(preset);
        var config = of.config(scale.sizes(model), data, 0);
        int batch = scale.batch(of.recipe().batch());
        StepPrediction step =
            StepPrediction.of(model, preset, config, of.recipe(), batch, precision, gpu);
        double time = step.microseconds();
        say("step %s %s %s".formatted(model, preset, precision.label()), time, time, "");
      }
    }
  }

  private static void drawings(Scale scale, GpuRates gpu) {
    Dataset data = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    for (String preset : scale.presets()) {
      for (String model : BuiltInModel.labels()) {
        var config =
            BuiltInModel.labelled(model).preset(preset).config(scale.sizes(model), data, 0);
        try {
          double time =
              DrawPrediction.of(model, preset, config, scale.images(), gpu).microseconds();
          say("sample %s %s".formatted(model, preset), time, time, "");
        } catch (NotPredictedException _) {
          // The report has no prediction beside its seconds.
        }
      }
    }
  }

  static String opKey(String opCase, String phase, String precision) {
    return "%s %s %s".formatted(opCase, phase, precision);
  }

  private static void say(String key, double first, double next, String limit) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("key", key);
    line.put("first_us", first);
    line.put("next_us", next);
    line.put("limit", limit);
    System.out.println(Json.line(line));
    System.out.flush();
  }
}
