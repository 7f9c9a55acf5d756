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
import java.util.List;

/// How one model hides the future.
///
/// @param model its name, and what tells its structure from another one of that name
/// @param idea in a sentence or two
public record Chapter(String model, String heading, String idea, List<Drawing> drawings) {

  /// From a model as it is: whatever sizes it has, its drawings have. Of one without drawings of
  /// its own, or for images of another shape than these show, who sees whom.
  public static Chapter of(AutoregressiveModel model) {
    return model.shape().equals(ImageShape.MNIST) ? drawn(model) : sight(model);
  }

  private static Chapter sight(AutoregressiveModel model) {
    String name = model.config().name();
    return new Chapter(name, name, "", List.of(SightDrawing.of(model, name)));
  }

  private static Chapter drawn(AutoregressiveModel model) {
    return switch (model) {
      case Made made -> new MadeDrawings(made).chapter();
      case WaveNet net -> new WaveNetDrawings(net).chapter();
      case PixelCnn net -> new PixelCnnDrawings(net).chapter();
      case GatedPixelCnn net -> new GatedPixelCnnDrawings(net).chapter();
      case Transformer net -> new TransformerDrawings(net).chapter();
      case Lstm net -> new LstmDrawings(net).chapter();
      case PixelRnn net ->
          switch (net.config().lstm()) {
            case ROW -> new PixelRnnDrawings(net).chapter();
            case DIAGONAL -> new DiagonalDrawings(net).chapter();
          };
      default -> sight(model);
    };
  }
}
