package dev.hindsight.draw;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.ImageLstm;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Size;
import dev.hindsight.train.Sizes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The chapters of all models: the page `structure.md` and its pictures.
public final class StructureBook {
  private StructureBook() {}

  /// The chapters of the base presets, MADE with the degrees that the embedded digits give it, and
  /// PixelRNN with both kinds of LSTM. Models without a section are left out.
  ///
  /// @param backend that holds each model while it is drawn; any gives the same drawings
  public static List<Chapter> ofBasePresets(Backend backend) {
    Dataset digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    List<Chapter> chapters = new ArrayList<>();
    for (BuiltInModel each : BuiltInModel.values()) {
      chapters.add(chapter(backend, each, Sizes.none(), digits));
    }
    Sizes diagonal = Sizes.of(Size.LSTM, ImageLstm.Kind.DIAGONAL);
    chapters.add(chapter(backend, BuiltInModel.PIXEL_RNN, diagonal, digits));
    chapters.removeIf(chapter -> chapter.idea().isEmpty());
    return chapters;
  }

  private static Chapter chapter(Backend backend, BuiltInModel each, Sizes sizes, Dataset digits) {
    var config = each.preset("base").config(sizes, digits, 0);
    try (AutoregressiveModel model = config.create(backend, RandomKey.of(0))) {
      return Chapter.of(model);
    }
  }

  /// The content of each file by its name.
  public static Map<String, byte[]> files(List<Chapter> chapters) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("structure.md", Texts.STRUCTURE.getBytes(StandardCharsets.UTF_8));
    for (Chapter chapter : chapters) {
      for (Drawing drawing : chapter.drawings()) {
        files.put(
            "structure/%s.svg".formatted(drawing.name()),
            drawing.svg().getBytes(StandardCharsets.UTF_8));
      }
    }
    return files;
  }
}
