package dev.hindsight.draw;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ChannelHead;
import dev.hindsight.model.LogisticMixtureHead;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn;
import dev.hindsight.model.lstm.Lstm;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.pixelcnn.PixelCnn;
import dev.hindsight.model.pixelrnn.PixelRnn;
import dev.hindsight.model.transformer.Transformer;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.sample.SampledModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How one model hides the future, or how it goes through the channels of a pixel. Its text is a
/// section of the resource `structure.md`, its pictures have the sizes of the model.
///
/// @param name of the model, with the kind of its LSTM where that is not the default; or
///   `channels`, or `mixture`
/// @param shape of the model's images
/// @param idea a few sentences; empty for a model without a section
public record Chapter(
    String name, ImageShape shape, String heading, String idea, List<Drawing> drawings) {
  private static final Pattern SECTION = Pattern.compile("(?m)^## ");
  private static final Pattern PICTURE =
      Pattern.compile("!\\[(?<title>.*)]\\(structure/(?<name>.*)\\.svg\\)\n\n(?<caption>[^!#]*)");

  /// That of a model, then that of its channels where it has one. A model without a section gets
  /// its receptive fields alone.
  public static List<Chapter> of(AutoregressiveModel model) {
    String name = name(model);
    Map<String, Svg> pictures = new LinkedHashMap<>(pictures(model));
    pictures.put(name + "-sight", SightDrawing.of(model));
    List<Chapter> chapters = new ArrayList<>();
    chapters.add(of(name, name + "-sight", model.shape(), pictures));
    chapters.addAll(ofChannels(model));
    return chapters;
  }

  /// How the values of a pixel follow from one another; none where a pixel is one value, or where
  /// they follow as those of other pixels do.
  static List<Chapter> ofChannels(AutoregressiveModel model) {
    ModelConfig config = model.config();
    ChannelHead head = model instanceof SampledModel own ? own.channelHead() : null;
    if (head != null) {
      Map<String, Svg> pictures =
          Map.of("channels-head", new ChannelHeadDrawing(head, config).draw());
      return List.of(of("channels", "channels-head", model.shape(), pictures));
    }
    if (config.head() instanceof LogisticMixtureHead mixture && config.group().channels() > 1) {
      Svg outputs = new MixtureDrawing(config.group(), mixture.components()).draw();
      Map<String, Svg> pictures = Map.of("mixture-outputs", outputs);
      return List.of(of("mixture", "mixture-outputs", model.shape(), pictures));
    }
    return List.of();
  }

  /// @param picture one of its section
  private static Chapter of(
      String name, String picture, ImageShape shape, Map<String, Svg> pictures) {
    return SECTION
        .splitAsStream(Texts.STRUCTURE)
        .filter(section -> section.contains("structure/%s.svg".formatted(picture)))
        .findFirst()
        .map(section -> read(name, shape, section, pictures))
        .orElseGet(() -> withoutSection(name, shape, pictures));
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

  private static Chapter read(
      String name, ImageShape shape, String section, Map<String, Svg> pictures) {
    String[] headingAndRest = section.split("\n\n", 2);
    List<Drawing> drawings = new ArrayList<>();
    for (Matcher each = PICTURE.matcher(section); each.find(); ) {
      String file = each.group("name");
      String title = each.group("title");
      Svg picture = Objects.requireNonNull(pictures.get(file), file);
      drawings.add(
          new Drawing(file, title, oneLine(each.group("caption")), picture.document(title)));
    }
    String idea = headingAndRest[1].substring(0, headingAndRest[1].indexOf("!["));
    return new Chapter(name, shape, headingAndRest[0], oneLine(idea), drawings);
  }

  private static Chapter withoutSection(String name, ImageShape shape, Map<String, Svg> pictures) {
    String title = name + ": receptive fields";
    List<Drawing> drawings = new ArrayList<>();
    pictures.forEach(
        (file, svg) -> drawings.add(new Drawing(file, title, "", svg.document(title))));
    return new Chapter(name, shape, name, "", drawings);
  }

  private static String oneLine(String text) {
    return text.strip().replace('\n', ' ');
  }
}
