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

/// The chapters of all models as one Markdown page and its pictures.
public final class StructureBook {
  private static final String PICTURES = "structure/";

  private StructureBook() {}

  /// Of the base presets, with MADE's degrees as the embedded digits place them, and of PixelRNN
  /// with either kind of LSTM.
  ///
  /// @param backend that holds each model while it is drawn; what it computes does not matter
  public static List<Chapter> ofBasePresets(Backend backend) {
    Dataset digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    List<Chapter> chapters = new ArrayList<>();
    for (BuiltInModel each : BuiltInModel.values()) {
      chapters.add(chapter(backend, each, Sizes.none(), digits));
    }
    Sizes diagonal = Sizes.of(Size.LSTM, ImageLstm.Kind.DIAGONAL);
    chapters.add(chapter(backend, BuiltInModel.PIXEL_RNN, diagonal, digits));
    chapters.removeIf(chapter -> chapter.idea().isEmpty()); // it has no drawings of its own
    return chapters;
  }

  private static Chapter chapter(Backend backend, BuiltInModel each, Sizes sizes, Dataset digits) {
    var config = each.preset("base").config(sizes, digits, 0);
    try (AutoregressiveModel model = config.create(backend, RandomKey.of(0))) {
      return Chapter.of(model);
    }
  }

  /// Each file's content by its name.
  public static Map<String, byte[]> files(List<Chapter> chapters) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("structure.md", bytes(markdown(chapters)));
    for (Chapter chapter : chapters) {
      for (Drawing drawing : chapter.drawings()) {
        files.put(PICTURES + drawing.name() + ".svg", bytes(drawing.svg()));
      }
    }
    return files;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String markdown(List<Chapter> chapters) {
    StringBuilder text =
        new StringBuilder(
            """
            # How the future stays hidden

            Drawn by `./hindsight draw --out docs` from the models of the base presets; `./hindsight play` shows the same beside
            models that draw.

            An image of 784 pixels is read from top left to bottom right. A model predicts each pixel from those before it, so it can
            draw: take the first prediction, toss a coin with it, write the pixel down, go on with the next. While pixel 24 is drawn,
            pixels 25 to 783 are still blank, unlike any training image. That does no harm, since pixel 24 cannot see them. The
            models differ only in how they make sure of that.
            """);
    for (Chapter chapter : chapters) {
      text.append("\n## ").append(chapter.heading()).append("\n\n");
      text.append(chapter.idea()).append('\n');
      for (Drawing drawing : chapter.drawings()) {
        text.append("\n![%s](%s%s.svg)\n\n".formatted(drawing.title(), PICTURES, drawing.name()));
        text.append(drawing.text()).append('\n');
      }
    }
    return text.toString();
  }
}
