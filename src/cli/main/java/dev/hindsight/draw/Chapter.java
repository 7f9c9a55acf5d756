package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn;
import dev.hindsight.model.lstm.Lstm;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.pixelcnn.PixelCnn;
import dev.hindsight.model.pixelrnn.PixelRnn;
import dev.hindsight.model.transformer.Transformer;
import dev.hindsight.model.wavenet.WaveNet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How one model hides the future. Its text is a section of the resource `structure.md`, its
/// pictures have the sizes of the model.
///
/// @param model its name, with the kind of its LSTM where that is not the default
/// @param idea a few sentences; empty for a model without a section
public record Chapter(String model, String heading, String idea, List<Drawing> drawings) {
  private static final Pattern SECTION = Pattern.compile("(?m)^## ");
  private static final Pattern PICTURE =
      Pattern.compile("!\\[(?<title>.*)]\\(structure/(?<name>.*)\\.svg\\)\n\n(?<caption>[^!#]*)");

  /// A model without a section, or for images of another shape than the pictures show, gets its
  /// receptive fields alone.
  public static Chapter of(AutoregressiveModel model) {
    String name = name(model);
    Map<String, Svg> sight = Map.of(name + "-sight", SightDrawing.of(model));
    if (!model.shape().equals(ImageShape.MNIST)) {
      return withoutSection(name, sight);
    }
    Map<String, Svg> pictures = new LinkedHashMap<>(pictures(model));
    pictures.putAll(sight);
    return SECTION
        .splitAsStream(Texts.STRUCTURE)
        .filter(section -> section.contains("structure/%s-sight.svg".formatted(name)))
        .findFirst()
        .map(section -> read(name, section, pictures))
        .orElseGet(() -> withoutSection(name, pictures));
  }

  private static String name(AutoregressiveModel model) {
    boolean diagonal =
        model instanceof PixelRnn net
            && switch (net.config().lstm()) {
              case ROW -> false;
              case DIAGONAL -> true;
            };
    return model.config().name() + (diagonal ? "-diagonal" : "");
  }

  private static Map<String, Svg> pictures(AutoregressiveModel model) {
    return switch (model) {
      case Made made -> new MadeDrawings(made).pictures();
      case WaveNet net -> new WaveNetDrawings(net).pictures();
      case PixelCnn net -> new PixelCnnDrawings(net).pictures();
      case GatedPixelCnn net -> new GatedPixelCnnDrawings(net).pictures();
      case Transformer net -> new TransformerDrawings(net).pictures();
      case Lstm net -> new LstmDrawings(net).pictures();
      case PixelRnn net -> new PixelRnnDrawings(net).pictures();
      default -> Map.of();
    };
  }

  private static Chapter read(String model, String section, Map<String, Svg> pictures) {
    String[] headingAndRest = section.split("\n\n", 2);
    List<Drawing> drawings = new ArrayList<>();
    for (Matcher each = PICTURE.matcher(section); each.find(); ) {
      String name = each.group("name");
      String title = each.group("title");
      Svg picture = Objects.requireNonNull(pictures.get(name), name);
      drawings.add(
          new Drawing(name, title, oneLine(each.group("caption")), picture.document(title)));
    }
    String idea = headingAndRest[1].substring(0, headingAndRest[1].indexOf("!["));
    return new Chapter(model, headingAndRest[0], oneLine(idea), drawings);
  }

  private static Chapter withoutSection(String name, Map<String, Svg> pictures) {
    String title = name + ": receptive fields";
    List<Drawing> drawings = new ArrayList<>();
    pictures.forEach(
        (file, svg) -> drawings.add(new Drawing(file, title, "", svg.document(title))));
    return new Chapter(name, name, "", drawings);
  }

  private static String oneLine(String text) {
    return text.strip().replace('\n', ' ');
  }
}
