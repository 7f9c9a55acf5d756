package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.MetaBackend;
import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.CategoricalHead;
import dev.hindsight.model.Head;
import dev.hindsight.random.RandomKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Presets that promise a time keep it for images of any shape.
class TimeBudgetTest {
  private static final ImageShape COLOURS = new ImageShape(32, 32, 3, 256);
  private static final ImageShape GREY = ImageShape.MNIST.withLevels(256);

  private static final int MANY = 60_000;

  private static Preset fit(BuiltInModel model, String preset, ImageShape shape) {
    return model.preset(preset).fit(shape, MANY, Head.of(shape), Sizes.none());
  }

  /// Of a forward pass of an image, times epochs.
  private static double work(Preset preset, ImageShape shape, Head head) {
    Dataset blank = new Dataset("blank", shape, new byte[shape.values()], null);
    try (AutoregressiveModel model =
        preset
            .config(Sizes.none(), blank, head, 0, 0)
            .create(MetaBackend.open(), RandomKey.of(0))) {
      return (double) preset.recipe().epochs() * model.multiplyAdds();
    }
  }

  @ParameterizedTest
  @EnumSource
  void asMuchWorkAsDigitsAre(BuiltInModel model) {
    for (String name : new String[] {"base", "hour"}) {
      double digits = work(model.preset(name), ImageShape.MNIST, Head.of(ImageShape.MNIST));
      Head softmax = new CategoricalHead();
      double grey = work(model.preset(name).fit(GREY, MANY, softmax, Sizes.none()), GREY, softmax);
      double colours = work(fit(model, name, COLOURS), COLOURS, Head.of(COLOURS));
      assertThat(grey / digits).as(name).isBetween(0.65, 1.25);
      assertThat(colours / digits).as(name).isBetween(0.65, 1.25);
    }
  }

  @Test
  void nothingChangesForDigitsOrWhereNoTimeIsPromised() {
    for (BuiltInModel model : BuiltInModel.values()) {
      for (String name : model.presets()) {
        Preset preset = model.preset(name);
        assertThat(fit(model, name, ImageShape.MNIST)).isSameAs(preset);
        if (name.equals("best") || name.equals("reference")) {
          assertThat(fit(model, name, COLOURS)).isSameAs(preset);
        }
      }
    }
    Recipe small = fit(BuiltInModel.PIXELCNN, "hour", new ImageShape(8, 8)).recipe();
    assertThat(small).isEqualTo(BuiltInModel.PIXELCNN.preset("hour").recipe());
  }

  @Test
  void aWidthThatIsGivenStays() {
    ImageShape large = new ImageShape(64, 64, 3, 256);
    Preset base = BuiltInModel.PIXELCNN.preset("base");
    Sizes given = Sizes.of(Size.FILTERS, 32);
    Dataset blank = new Dataset("blank", large, new byte[large.values()], null);
    Preset narrow = fit(BuiltInModel.PIXELCNN, "base", large);
    assertThat(narrow.config(Sizes.none(), blank, 0).toString()).contains("filters=16");
    assertThat(narrow.recipe().epochs()).isEqualTo(3);
    Preset wide = base.fit(large, MANY, Head.of(large), given);
    assertThat(wide.config(given, blank, 0).toString()).contains("filters=32");
    assertThat(wide.recipe().epochs()).isEqualTo(1);
  }

  @Test
  void asMuchWorkWhereImagesAreFewer() {
    Preset hour = BuiltInModel.PIXEL_SNAIL.preset("hour");
    for (ImageShape shape : List.of(ImageShape.MNIST, COLOURS)) {
      Head head = Head.of(shape);
      Preset few = hour.fit(shape, 10_007, head, Sizes.none());
      double digits = work(hour, ImageShape.MNIST, Head.of(ImageShape.MNIST));
      assertThat(10_007 * work(few, shape, head) / (55_000 * digits)).isBetween(0.85, 1.15);
    }
    assertThat(epochsOf(hour, 3)).isEqualTo(160);
    assertThat(epochsOf(hour, 54_999)).isEqualTo(8);
    assertThat(epochsOf(BuiltInModel.PIXEL_SNAIL.preset("base"), 7_001)).isEqualTo(5);
    Preset best = BuiltInModel.PIXEL_SNAIL.preset("best");
    assertThat(best.fit(COLOURS, 3, Head.of(COLOURS), Sizes.none())).isSameAs(best);
  }

  private static int epochsOf(Preset preset, int count) {
    Head head = Head.of(ImageShape.MNIST);
    return preset.fit(ImageShape.MNIST, count, head, Sizes.none()).recipe().epochs();
  }
}
