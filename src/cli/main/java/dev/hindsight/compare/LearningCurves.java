package dev.hindsight.compare;

import dev.hindsight.train.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// NLL of every model on the images that choose its epoch, over images and over seconds of
/// training, for the page's script.
final class LearningCurves {
  /// Colours that most people can distinguish (Okabe & Ito 2008), and those on a dark ground.
  private static final List<String> LIGHT =
      List.of("#0072b2", "#b87700", "#009e73", "#cc79a7", "#2f93cf", "#d55e00", "#6b4fa0");

  private static final List<String> DARK =
      List.of("#4aa8e0", "#e69f00", "#2fc99c", "#e29bc3", "#9ad3f5", "#ff8a4c", "#b29be0");

  private LearningCurves() {}

  static List<Map<String, Object>> of(List<ComparedRun> runs) {
    List<Map<String, Object>> curves = new ArrayList<>();
    for (ComparedRun run : runs) {
      int batch = run.config().recipe().batch();
      int colour = curves.size() % LIGHT.size();
      Map<String, Object> curve = new LinkedHashMap<>();
      curve.put("model", run.model());
      curve.put("light", LIGHT.get(colour));
      curve.put("dark", DARK.get(colour));
      curve.put("images", run.epochs().stream().map(m -> m.step() * batch).toList());
      curve.put("seconds", run.epochs().stream().map(Metric::seconds).toList());
      curve.put("nats", run.epochs().stream().map(Metric::nllNats).toList());
      curves.add(curve);
    }
    return curves;
  }
}
