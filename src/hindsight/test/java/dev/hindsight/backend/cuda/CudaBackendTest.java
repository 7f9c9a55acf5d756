package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.ints;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Copies, random numbers, alignment and errors of the CUDA backend, on the software GPU.
@Tag("slow")
class CudaBackendTest {
  private static final RandomKey KEY = RandomKey.of(3);

  private Backend gpu;

  @BeforeEach
  void open() {
    gpu = SoftwareGpu.open(8);
  }

  @AfterEach
  void close() {
    gpu.close();
    SoftwareGpu.assertNoFindings();
  }

  private static int[] bits(float[] values) {
    return IntStream.range(0, values.length).map(k -> Float.floatToRawIntBits(values[k])).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 262_144, 1_100_001})
  void copiesOfAnySizeComeBackWhole(int count) {
    try (Scope scope = gpu.open("copies")) {
      Tensor a = tensor(gpu, scope, Philox.uniforms(KEY, count), count);
      assertThat(gpu.readFloats(a)).isEqualTo(Philox.uniforms(KEY, count));
      Tensor b = scope.floats(count);
      gpu.copy(a, b);
      assertThat(gpu.readFloats(b)).isEqualTo(Philox.uniforms(KEY, count));
    }
  }

  /// Dropout tells uniforms from a rate: with those of the host as rates, the last bit counts.
  @Test
  void uniformsAreTheHostsBitForBit() {
    RandomKey key = new RandomKey(0x1234_5678_9abc_def0L, -77);
    int count = 1003;
    float[] uniforms = Philox.uniforms(key, count);
    try (Scope scope = gpu.open("random")) {
      Tensor draw = ints(gpu, scope, new Draw(key, 0).words());
      Tensor ones = scope.floats(count + 1);
      gpu.fill(ones, 1);
      Tensor out = scope.floats(count + 1);
      for (int k = 0; k < 32; k++) {
        float rate = k % 2 == 0 ? uniforms[31 * k] : Math.nextUp(uniforms[31 * k]);
        int odd = k / 2 % 2; // not at a multiple of 16 bytes
        Shape shape = Shape.of(count);
        gpu.dropout().forward(draw, 0, rate, ones.part(odd, shape), out.part(odd, shape));
        float[] kept = gpu.readFloats(out.part(odd, shape));
        for (int i = 0; i < count; i++) {
          assertThat(kept[i] != 0)
              .as("uniform %d and rate %s", i, rate)
              .isEqualTo(uniforms[i] >= rate);
        }
      }
    }
  }

  @Test
  void drawingColumnByColumnIsDrawingAllAtOnce() {
    int n = 7;
    int d = 31;
    try (Scope scope = gpu.open("sample")) {
      Tensor logits = tensor(gpu, scope, MaskedLayer.normals("logits", n * d), n, d);
      Tensor all = scope.floats(n, d);
      Tensor single = scope.floats(n, d);
      Tensor draw = ints(gpu, scope, new Draw(KEY, 0).words());
      gpu.bernoulli().draw(draw, logits, 0.8f, 0, d, all);
      for (int c = d - 1; c >= 0; c--) {
        gpu.bernoulli().draw(draw, logits, 0.8f, c, c + 1, single);
      }
      assertThat(gpu.readFloats(single)).isEqualTo(gpu.readFloats(all)).contains(0f, 1f);
    }
  }

  @Test
  void parametersMayStartAtAnyElement() {
    int count = 1001;
    AdamStep step = AdamRule.PLAIN.with(0.1f, 1).at(3, 0.01f);
    float[][] results = new float[2][];
    for (int offset = 0; offset < 2; offset++) {
      try (Scope scope = gpu.open("adam")) {
        Tensor[] t = new Tensor[4];
        for (int k = 0; k < 4; k++) {
          t[k] = scope.zeros(count + 1).part(offset, Shape.of(count));
          float[] values = MaskedLayer.normals("p" + k, count);
          for (int j = 0; j < count; j++) {
            values[j] = k == 3 ? values[j] * values[j] : values[j];
          }
          gpu.write(t[k], values);
        }
        Tensor norm = scope.floats(1);
        gpu.adam().norm(t[1], norm);
        Tensor numbers = tensor(gpu, scope, step.numbers(), AdamStep.SIZE);
        gpu.adam()
            .step(
                new FlatParameters(t[0], null, t[1], t[2], t[3]), norm, numbers, step.rule(), null);
        assertThat(gpu.readFloats(t[1])).containsOnly(0f);
        results[offset] = gpu.readFloats(t[0]);
      }
    }
    assertThat(bits(results[1])).isEqualTo(bits(results[0]));
  }

  /// Only the last chunk but one exists; NaN shows whatever else is touched.
  @Test
  void adamLeavesAloneWhatDoesNotExist() {
    int count = 3 * LiveChunks.SIZE + 5;
    AdamStep step = AdamRule.PLAIN.at(1, 0.01f);
    try (Scope scope = gpu.open("adam")) {
      Tensor[] t = new Tensor[4];
      for (int k = 0; k < 4; k++) {
        float[] values = new float[count];
        Arrays.fill(values, Float.NaN);
        Arrays.fill(values, 2 * LiveChunks.SIZE, 3 * LiveChunks.SIZE, k < 2 ? 1 : 0);
        t[k] = tensor(gpu, scope, values, count);
      }
      Tensor numbers = tensor(gpu, scope, step.numbers(), AdamStep.SIZE);
      var live = new LiveChunks(new int[] {2});
      gpu.adam()
          .step(new FlatParameters(t[0], null, t[1], t[2], t[3]), null, numbers, step.rule(), live);
      for (Tensor each : t) {
        float[] values = gpu.readFloats(each);
        for (int k = 0; k < count; k++) {
          assertThat(Float.isNaN(values[k])).as("element %d", k).isEqualTo(k / 64 != 2);
        }
      }
      float[] weights = gpu.readFloats(t[0]);
      assertThat(Arrays.copyOfRange(weights, 128, 192)).containsOnly(weights[128]);
      assertThat(weights[128]).isCloseTo(0.99f, within(1e-6f)); // Adam's first step is the rate
    }
  }

  @Test
  void tooMuchMemoryIsOneLineThatSaysHowMuch() {
    try (Scope scope = gpu.open("huge")) {
      assertThatThrownBy(() -> scope.floats(1 << 20, 1 << 20))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageMatching(
              "cuda: wanted 4194304\\.0 MiB of GPU memory for 'huge', got .* MiB free of .* MiB;"
                  + " use a smaller --batch or a smaller preset");
    }
  }

  @Test
  void aDeviceThatIsNotThereIsOneLine() {
    assertThatThrownBy(
            () -> CudaBackend.open(CudaOptions.standard().withDriverAlreadyLoaded().onDevice(9)))
        .hasMessageStartingWith("cuda: wanted GPU 9, got 1 GPU(s)");
  }
}
