package dev.hindsight.draw;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Degrees;
import dev.hindsight.draw.Tiling.Tile;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.Transformer;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.verify.Sight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The drawings are read back and compared with what models really depend on.
@Tag("slow")
class DrawingsTest {
  private static final int PIXELS = ImageShape.MNIST.pixels();
  private static final RandomKey KEY = RandomKey.of(23);
  @AutoClose private static final Backend BACKEND = Backends.open("cpu");

  static Stream<ModelConfig> models() {
    var small = new ImageShape(9, 11);
    return Stream.concat(
        Arrays.stream(BuiltInModel.values()).map(model -> model.tiny(small)),
        Stream.of(
            BuiltInModel.TRANSFORMER.tiny(new ImageShape(6, 5, 3, 256)),
            BuiltInModel.MADE.tiny(new ImageShape(6, 5, 3, 4)),
            MadeConfig.random(small, 70, 2, KEY),
            new WaveNetConfig(small, 3, 5, 4),
            new PixelCnnConfig(new ImageShape(17, 19), 2, 4, 3, 0, false),
            new PixelCnnConfig(small, 2, 0, 3, 3, false),
            new GatedPixelCnnConfig(small, 2, 3, 5, false, false),
            new PixelRnnConfig(small, 2, 1, Kind.DIAGONAL)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void whoSeesWhomIsDrawnAsMeasured(ModelConfig config) {
    try (AutoregressiveModel model = config.create(BACKEND, KEY)) {
      ImageShape shape = config.shape();
      Sight measured = Sight.measured(BACKEND, model).ofPixels(shape.channels());
      Chapter chapter = Chapter.of(model).getFirst();
      assertThat(chapter.idea()).isNotEmpty();
      List<Grid> grids = Grid.of(chapter.drawings().getLast().svg(), "sight", shape.width());
      assertThat(grids).hasSize(3);
      for (Grid grid : grids) {
        int logit = grid.number("data-logit");
        BitSet missed = new BitSet();
        missed.set(0, logit);
        missed.andNot(measured.of(logit));
        BitSet later = new BitSet();
        later.set(logit + 1, shape.pixels());
        BitSet self = new BitSet();
        self.set(logit);
        Map<String, BitSet> wanted = new TreeMap<>();
        BitSet seen = measured.of(logit);
        seen.clear(logit); // channels see those before them
        wanted.put("seen", seen);
        wanted.put("blind", missed);
        wanted.put("later", later);
        wanted.put("self", self);
        wanted.values().removeIf(BitSet::isEmpty);
        assertThat(grid.cells()).isEqualTo(wanted);
      }
    }
  }

  /// NaN in input `i` reaches exactly the outputs whose tile is drawn whole or cut, and within
  /// those the ones left of the line.
  @Test
  void theStaircasesAreThoseOfTheLayers() {
    try (Made made = MadeConfig.random(new ImageShape(11, 13), 150, 2, KEY).create(BACKEND, KEY)) {
      String svg = drawing(Chapter.of(made).getFirst(), "made-staircase").svg();
      for (int l = 0; l < made.layers().size(); l++) {
        Degrees degrees = made.layers().get(l).degrees();
        Grid grid = Grid.of(svg, "tiles", degrees.inputs()).get(l);
        assertThat(grid.number("data-layer")).isEqualTo(l);
        boolean[][] reached = reached(degrees);
        Map<Tile, BitSet> wanted = new EnumMap<>(Tile.class);
        for (int o = 0; o < degrees.outputs(); o++) {
          for (int i = 0; i < degrees.inputs(); i++) {
            Tile tile = tile(reached, o, i);
            wanted.computeIfAbsent(tile, _ -> new BitSet()).set(o * degrees.inputs() + i);
          }
        }
        for (Tile tile : Tile.values()) {
          BitSet cells = wanted.getOrDefault(tile, new BitSet());
          assertThat(grid.of(tile.look())).as("%s", tile).isEqualTo(cells);
        }
      }
    }
  }

  /// By poisoning each input of a layer of ones, ReLU left out.
  private static boolean[][] reached(Degrees degrees) {
    int inputs = degrees.inputs();
    int outputs = degrees.outputs();
    float[] x = new float[inputs * inputs];
    for (int i = 0; i < inputs; i++) {
      x[i * inputs + i] = Float.NaN;
    }
    boolean[][] reached = new boolean[outputs][inputs];
    try (Scope scope = BACKEND.open("test")) {
      Tensor in = scope.floats(inputs, inputs);
      Tensor out = scope.floats(inputs, outputs);
      BACKEND.write(in, x);
      Tensor w = scope.zeros(outputs, inputs);
      Tensor b = scope.zeros(outputs);
      BACKEND.maskedLinear().forward(in, w, b, degrees, Activation.IDENTITY, 0, outputs, out);
      float[] y = BACKEND.readFloats(out);
      for (int i = 0; i < inputs; i++) {
        for (int o = 0; o < outputs; o++) {
          reached[o][i] = Float.isNaN(y[i * outputs + o]);
        }
      }
    }
    return reached;
  }

  private static Tile tile(boolean[][] reached, int o, int i) {
    int top = o / MadeDrawings.TILE * MadeDrawings.TILE;
    int left = i / MadeDrawings.TILE * MadeDrawings.TILE;
    int some = 0;
    int all = 0;
    for (int row = top; row < Math.min(top + MadeDrawings.TILE, reached.length); row++) {
      for (int c = left; c < Math.min(left + MadeDrawings.TILE, reached[row].length); c++) {
        some += reached[row][c] ? 1 : 0;
        all++;
      }
    }
    return some == 0 ? Tile.SKIPPED : some == all ? Tile.WHOLE : Tile.CUT;
  }

  /// A score exists where the value of a position reaches another one's answer.
  @Test
  void theTriangleIsThatOfAttention() {
    int width = 4;
    float[] qkv = new float[PIXELS * 3 * width];
    Transformer net = (Transformer) BuiltInModel.TRANSFORMER.tiny().create(BACKEND, KEY);
    Tiling tiling = new TransformerDrawings(net).tiling();
    try (net;
        Scope scope = BACKEND.open("test")) {
      Tensor x = scope.floats(1, PIXELS, 3 * width);
      Tensor y = scope.floats(1, PIXELS, width);
      Tensor lse = scope.floats(1, 1, PIXELS);
      for (int poisoned : new int[] {0, 55, 56, 111, 112, 391, 500, 783}) {
        float[] values = qkv.clone();
        for (int c = 2 * width; c < 3 * width; c++) {
          values[poisoned * 3 * width + c] = Float.NaN;
        }
        BACKEND.write(x, values);
        BACKEND.causalAttention().forward(x, 1, y, lse);
        float[] seen = BACKEND.readFloats(y);
        for (int position = 0; position < PIXELS; position++) {
          boolean reached = Float.isNaN(seen[position * width]);
          assertThat(poisoned < tiling.live().applyAsInt(position)).isEqualTo(reached);
          assertThat(reached && tiling.at(position, poisoned) == Tile.SKIPPED).isFalse();
          assertThat(!reached && tiling.at(position, poisoned) == Tile.WHOLE).isFalse();
        }
      }
    }
  }

  /// They are named there, and nowhere where Java could read them at run time.
  @Test
  void tilesAreAsLargeAsTheKernels() throws IOException {
    assertThat(constant("tile/tile_small.cuh", "TILE")).isEqualTo(MadeDrawings.TILE);
    assertThat(constant("attention/attention_tile.cuh", "ROWS"))
        .isEqualTo(TransformerDrawings.TILE_ROWS);
    assertThat(constant("attention/attention_tile.cuh", "COLS"))
        .isEqualTo(TransformerDrawings.TILE_COLUMNS);
  }

  private static int constant(String file, String name) throws IOException {
    String source = Files.readString(Path.of("kernels", file));
    Matcher found = Pattern.compile("constexpr int " + name + " = (\\d+);").matcher(source);
    assertThat(found.find()).as("%s says how large %s is", file, name).isTrue();
    return Integer.parseInt(found.group(1));
  }

  private static Drawing drawing(Chapter chapter, String name) {
    return chapter.drawings().stream().filter(d -> d.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void theOnesInDocsAreUpToDate() throws IOException {
    Map<String, byte[]> files = StructureBook.files(StructureBook.ofBasePresets(BACKEND));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      assertThat(Path.of("docs", file.getKey()))
          .as("run ./hindsight draw --out docs")
          .hasBinaryContent(file.getValue());
    }
    try (Stream<Path> all = Files.list(Path.of("docs", "structure"))) {
      assertThat(all).hasSize(files.size() - 1);
    }
  }
}
