package dev.hindsight.draw;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
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

  /// The chapters of the base presets, MADE with the degrees that the embedded digits give it,
  /// PixelRNN with both kinds of LSTM, and a PixelCNN's channels of few and of many levels. Models
  /// without a section are left out.
  ///
  /// @param backend that holds each model while it is drawn; any gives the same drawings
  public static List<Chapter> ofBasePresets(Backend backend) {
    Dataset digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    List<Chapter> chapters = new ArrayList<>();
    for (BuiltInModel each : BuiltInModel.values()) {
      chapters.addAll(chapters(backend, each, Sizes.none(), digits));
    }
    Sizes diagonal = Sizes.of(Size.LSTM, ImageLstm.Kind.DIAGONAL);
    chapters.addAll(chapters(backend, BuiltInModel.PIXEL_RNN, diagonal, digits));
    for (int levels : new int[] {4, 256}) {
      var colours = new ImageShape(32, 32, 3, levels);
      var blank = new Dataset("blank", colours, new byte[colours.values()], null);
      List<Chapter> both = chapters(backend, BuiltInModel.PIXELCNN, Sizes.none(), blank);
      chapters.add(both.getLast());
    }
    chapters.removeIf(chapter -> chapter.idea().isEmpty());
    return chapters;
  }

  private static List<Chapter> chapters(
      Backend backend, BuiltInModel each, Sizes sizes, Dataset images) {
    var config = each.preset("base").config(sizes, images, 0);
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
